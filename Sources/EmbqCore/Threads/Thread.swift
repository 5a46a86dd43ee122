import Glibc

/// A thread of the system with a body of its own, where the system still gives one.
struct Thread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// The system's name for it.
    let identifier: pthread_t

    /// Starts it.
    ///
    /// - Returns: nil when the limit of threads, of processes or of memory is reached.
    init?(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(run))
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                // Holds: the starter retained the body for this one use.
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, unsafe body.toOpaque())
        guard status == 0 else {
            unsafe body.release()
            return nil
        }
        identifier = thread
    }

    /// Waits until the body has returned.
    func join() { _ = pthread_join(identifier, nil) }
}
