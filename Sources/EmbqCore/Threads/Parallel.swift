import Glibc
import Synchronization

/// Work spread over threads with results in the order of the work, so that the number of threads changes nothing.
package enum Parallel {
    /// The machine's processors.
    package static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// `body(0)`, `body(1)`, … `body(count - 1)`, on up to `threads` threads at a time. They are fewer where the system
    /// gives no more.
    ///
    /// - Throws: the error of the lowest index that failed.
    package static func map<T: Sendable, E: Error>(
        _ count: Int, threads: Int, _ body: @Sendable (Int) throws(E) -> T
    ) throws(E) -> [T] {
        guard threads > 1, count > 1 else {
            var results: [T] = []
            results.reserveCapacity(count)
            for index in 0..<count { results.append(try body(index)) }
            return results
        }
        let done = withoutActuallyEscaping(body) { body in
            let work = Work(count, body)
            // This thread is one of them.
            var helpers: [Thread] = []
            while helpers.count < min(threads, count) - 1, let helper = Thread({ work.run() }) {
                helpers.append(helper)
            }
            work.run()
            for helper in helpers { helper.join() }
            return work.done.withLock { $0 }
        }
        var results: [T] = []
        results.reserveCapacity(count)
        for entry in done.sorted(by: { $0.index < $1.index }) { results.append(try entry.result.get()) }
        return results
    }

    /// What the threads share: which piece is next, and what came of those before.
    private final class Work<T: Sendable, E: Error>: Sendable {
        private let count: Int
        private let body: @Sendable (Int) throws(E) -> T
        private let next = Atomic<Int>(0)
        let done = Mutex<[(index: Int, result: Result<T, E>)]>([])

        init(_ count: Int, _ body: @escaping @Sendable (Int) throws(E) -> T) {
            self.count = count
            self.body = body
        }

        func run() {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result: Result<T, E>
                do throws(E) { result = .success(try body(index)) } catch { result = .failure(error) }
                done.withLock { $0.append((index, result)) }
            }
        }
    }
}
