extension EmbqError {
    /// A call of the system failed while a file or folder was opened or read.
    package static func unreadable(_ path: String, _ problem: String, _ failure: SystemFailure = SystemFailure())
        -> EmbqError
    {
        EmbqError(
            .unreadable, file: path, problem, advice: failure.readingAdvice, cause: failure.reason)
    }

    /// A call of the system failed while a file or folder was made or written.
    package static func unwritable(_ path: String, _ problem: String, _ failure: SystemFailure = SystemFailure())
        -> EmbqError
    {
        EmbqError(
            .unwritable, file: path, problem, advice: failure.writingAdvice, cause: failure.reason)
    }
}
