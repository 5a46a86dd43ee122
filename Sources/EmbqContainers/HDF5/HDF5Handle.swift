import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore
import Synchronization

/// Owns one of the library's identifiers and closes it when it goes out of scope.
struct HDF5Handle: ~Copyable {
    let id: hid_t
    private let close: @convention(c) (hid_t) -> herr_t

    /// Takes over the identifier that a call has returned.
    ///
    /// - Parameter problem: what could not be done, for the error when the call has failed.
    init(
        _ id: hid_t, closedBy close: @convention(c) (hid_t) -> herr_t,
        _ place: @autoclosure () -> String?, _ problem: @autoclosure () -> String
    ) throws(EmbqError) {
        guard id >= 0 else { throw HDF5Failure.error(place(), problem()) }
        self.id = id
        self.close = close
    }

    deinit { if !Self.isAbandoned.load(ordering: .relaxed) { _ = close(id) } }

    /// Leaves all that is open as it is, in this process for good.
    static func abandonAll() { isAbandoned.store(true, ordering: .relaxed) }

    private static let isAbandoned = Atomic<Bool>(false)
}

/// The library's default property list.
let standard = hid_t(H5P_DEFAULT)
