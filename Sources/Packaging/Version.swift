/// The version of embq, as `embq --version` prints it and artifacts record it.
public let embqVersion = "0.1.0"
