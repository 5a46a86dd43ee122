package import EmbqCore
package import EmbqRuntime

extension EmbqError {
    /// A failure of the C runtime as an error of the tools.
    package init(_ error: RuntimeError) {
        let code: Code =
            switch error.code {
            case .truncated: .truncated
            case .malformed: .malformed
            case .corrupted: .corrupted
            case .unsupported: .unsupported
            case .invalidRequest: .invalidRequest
            case .limitExceeded: .limitExceeded
            }
        self.init(code, place: error.place, error.problem, advice: error.advice)
    }
}

/// Runs calls of the C runtime and passes its errors on as those of the tools.
package func onDevice<T>(_ body: () throws(RuntimeError) -> T) throws(EmbqError) -> T {
    do { return try body() } catch { throw EmbqError(error) }
}
