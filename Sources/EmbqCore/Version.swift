/// The version of embq, as `embq --version` prints it and artifacts record it.
package let embqVersion = "0.2.0"
