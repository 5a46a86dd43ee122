import Synchronization

/// Adds up the work that several threads have done and passes the sum on.
final class ProgressCounter: Sendable {
    private let stage: String
    private let total: Int
    private let handler: ProgressHandler
    private let done = Mutex(0)

    init(_ stage: String, total: Int, _ handler: @escaping ProgressHandler) {
        self.stage = stage
        self.total = total
        self.handler = handler
        handler(stage, 0, total)
    }

    func add(_ count: Int) {
        done.withLock { done in
            done += count
            handler(stage, done, total)
        }
    }
}
