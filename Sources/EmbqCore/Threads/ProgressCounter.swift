import Synchronization

/// Told about work done: what is being done, how many sentences of how many.
package typealias ProgressHandler = @Sendable (_ stage: String, _ done: Int, _ total: Int) -> Void

/// Adds up the work that several threads have done and passes the sum on.
package final class ProgressCounter: Sendable {
    private let stage: String
    private let total: Int
    private let handler: ProgressHandler
    private let done = Mutex(0)

    package init(_ stage: String, total: Int, _ handler: @escaping ProgressHandler) {
        self.stage = stage
        self.total = total
        self.handler = handler
        handler(stage, 0, total)
    }

    package func add(_ count: Int) {
        done.withLock { done in
            done += count
            handler(stage, done, total)
        }
    }
}
