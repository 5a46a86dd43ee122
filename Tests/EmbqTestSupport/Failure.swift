/// The error that `body` throws, or nil when it succeeds: for tests on its code and text.
package func failure<R, E: Error>(_ body: () throws(E) -> R) -> E? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
