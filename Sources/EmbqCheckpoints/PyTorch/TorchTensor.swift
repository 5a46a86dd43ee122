package import EmbqCore

/// A run of values in a torch file that tensors are views of.
package struct TorchStorage: Sendable, Equatable {
    /// Its name in the file.
    package let key: String
    /// nil: bytes, whose type the tensors say.
    package let dtype: DType?
    package let byteCount: Int
}

/// A tensor of a torch file: a view of a storage.
package struct TorchTensor: Sendable, Equatable {
    /// Its place in ``PickleHeap/storages``.
    package let storage: Int
    package let dtype: DType
    package let view: StridedView
}
