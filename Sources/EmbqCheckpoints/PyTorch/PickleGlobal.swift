package import EmbqCore

/// Every name of Python's that a pickle may mention, with what it stands for. Nothing is ever imported or run.
package enum PickleGlobal: Sendable, Equatable {
    case orderedDict, defaultDict, counter, namespace
    /// A built-in type: only as the factory of a defaultdict, or called with plain values.
    case plainType, set, byteArray, complex
    case rebuildTensor, rebuildTensor2, rebuildTensor3
    case rebuildParameter, rebuildParameterWithState, rebuildFromType
    case tensorType, parameter, size, device
    case dtype(DType)
    /// A storage's type; nil: bytes.
    case storage(DType?)
    case encode, numpyScalar, numpyType

    /// What `module.name` stands for, or nil when it is not on the list.
    init?(module: String, name: String) {
        guard let known = Self.known["\(module) \(name)"] else { return nil }
        self = known
    }

    /// The list, for messages.
    static let summary = "tensors, storages, dtypes, OrderedDict, defaultdict, Counter, Namespace and plain values"

    private static let storageTypes: [String: DType] = [
        "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16, "DoubleStorage": .f64,
        "CharStorage": .i8, "ByteStorage": .u8, "ShortStorage": .i16, "IntStorage": .i32, "LongStorage": .i64,
        "BoolStorage": .bool, "ComplexFloatStorage": .c64,
    ]

    private static let types: [String: DType] = [
        "float32": .f32, "float": .f32, "float16": .f16, "half": .f16, "bfloat16": .bf16, "float64": .f64,
        "double": .f64, "int8": .i8, "uint8": .u8, "int16": .i16, "short": .i16, "uint16": .u16, "int32": .i32,
        "int": .i32, "uint32": .u32, "int64": .i64, "long": .i64, "uint64": .u64, "bool": .bool, "complex64": .c64,
        "cfloat": .c64, "float8_e4m3fn": .f8E4M3, "float8_e5m2": .f8E5M2, "float8_e4m3fnuz": .f8E4M3FNUZ,
        "float8_e5m2fnuz": .f8E5M2FNUZ, "float8_e8m0fnu": .f8E8M0,
    ]

    private static let known: [String: PickleGlobal] = {
        var known: [String: PickleGlobal] = [
            "collections OrderedDict": .orderedDict, "collections defaultdict": .defaultDict,
            "collections Counter": .counter, "argparse Namespace": .namespace,
            "torch._utils _rebuild_tensor": .rebuildTensor, "torch._utils _rebuild_tensor_v2": .rebuildTensor2,
            "torch._utils _rebuild_tensor_v3": .rebuildTensor3, "torch._utils _rebuild_parameter": .rebuildParameter,
            "torch._utils _rebuild_parameter_with_state": .rebuildParameterWithState,
            "torch._tensor _rebuild_from_type_v2": .rebuildFromType, "torch Tensor": .tensorType,
            "torch.nn.parameter Parameter": .parameter, "torch Size": .size, "torch device": .device,
            "torch UntypedStorage": .storage(nil), "torch.storage UntypedStorage": .storage(nil),
            "_codecs encode": .encode, "numpy dtype": .numpyType,
            "numpy.core.multiarray scalar": .numpyScalar, "numpy._core.multiarray scalar": .numpyScalar,
        ]
        for module in ["builtins", "__builtin__"] {
            for name in ["dict", "list", "tuple", "int", "float", "str", "bool"] {
                known["\(module) \(name)"] = .plainType
            }
            known["\(module) set"] = .set
            known["\(module) frozenset"] = .set
            known["\(module) bytearray"] = .byteArray
            known["\(module) complex"] = .complex
        }
        for (name, dtype) in storageTypes { known["torch \(name)"] = .storage(dtype) }
        for (name, dtype) in types { known["torch \(name)"] = .dtype(dtype) }
        return known
    }()
}
