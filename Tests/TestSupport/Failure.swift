public import TensorCore

/// The error that `body` throws, or nil when it succeeds: for tests on its code and text.
public func failure<R>(_ body: () throws(EmbqError) -> R) -> EmbqError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
