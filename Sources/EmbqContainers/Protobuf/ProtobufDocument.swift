internal import CEmbqSchemas
import EmbqCore

/// An unpacked message and its memory, freed when this goes out of scope.
@safe struct ProtobufDocument: ~Copyable {
    private let document: OpaquePointer

    /// Unpacks bytes as a message of one type, under limits.
    ///
    /// - Parameter type: a generated descriptor, which is a constant of the program.
    /// - Parameter byReference: whether each value of a `bytes` field is to be its place in the input, see ``place(_:)``.
    /// - Throws: `.truncated`, `.malformed`, `.duplicate` or `.limitExceeded` with the offset of the field at fault;
    ///   the advice is the caller's.
    init(
        _ bytes: Span<UInt8>, as type: UnsafePointer<ProtobufCMessageDescriptor>, limits: embq_protobuf_limits,
        byReference: Bool = false, advice: String
    ) throws(EmbqError) {
        var opened: OpaquePointer?
        var offset = 0
        // Holds: bytes and limits are read during the call only.
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe withUnsafePointer(to: limits) { limits in
                byReference
                    ? unsafe embq_protobuf_open_by_reference(
                        type, buffer.baseAddress, buffer.count, limits, &opened, &offset)
                    : unsafe embq_protobuf_open(type, buffer.baseAddress, buffer.count, limits, &opened, &offset)
            }
        }
        guard status == EMBQ_PROTOBUF_OK, let opened = unsafe opened else {
            throw Self.error(status, at: offset, advice)
        }
        unsafe document = unsafe opened
    }

    deinit { unsafe embq_protobuf_close(document) }

    /// Calls `body` with the message, which is valid for the call.
    ///
    /// - Precondition: `Message` is the struct generated for the type that was asked for.
    borrowing func withMessage<Message, R>(
        as type: Message.Type, _ body: (borrowing Message) throws(EmbqError) -> R
    ) throws(EmbqError) -> R {
        guard let root = unsafe embq_protobuf_root(document) else {
            preconditionFailure("an open document has a message")
        }
        // Holds by the precondition: the library allocated a Message, whose first member is the one pointed to.
        return try unsafe body(UnsafeRawPointer(root).assumingMemoryBound(to: Message.self).pointee)
    }

    /// Where the value of a `bytes` field lies in the input of a document opened by reference.
    static func place(_ field: ProtobufCBinaryData) -> Range<Int> {
        // Holds: every value of a `bytes` field of such a document has this length.
        guard unsafe field.len == Int(EMBQ_PROTOBUF_PLACE), let bytes = unsafe field.data else { return 0..<0 }
        func number(_ start: Int) -> Int {
            (0..<8).reduce(0) { sum, i in unsafe sum | Int(bytes[start + i]) << (8 * i) }
        }
        return number(0)..<number(0) + number(8)
    }

    private static func error(_ status: embq_protobuf_status, at offset: Int, _ advice: String) -> EmbqError {
        let (code, problem): (EmbqError.Code, String) =
            switch status {
            case EMBQ_PROTOBUF_TRUNCATED: (.truncated, "the data ends inside this field")
            case EMBQ_PROTOBUF_BAD_VARINT: (.malformed, "a variable-length integer has more than 64 bits")
            case EMBQ_PROTOBUF_BAD_FIELD: (.malformed, "a field number is 0 or above 536870911")
            case EMBQ_PROTOBUF_BAD_WIRE_TYPE: (.malformed, "a field has a wire type that protobuf messages do not use")
            case EMBQ_PROTOBUF_WRONG_TYPE: (.malformed, "a field holds another kind of value than its schema says")
            case EMBQ_PROTOBUF_DUPLICATE: (.duplicate, "a field that may stand once stands twice")
            case EMBQ_PROTOBUF_BAD_TEXT: (.malformed, "a text is not UTF-8, or holds a NUL")
            case EMBQ_PROTOBUF_TOO_DEEP: (.limitExceeded, "messages are nested too deep")
            case EMBQ_PROTOBUF_TOO_MANY: (.limitExceeded, "there are too many fields and values")
            case EMBQ_PROTOBUF_TOO_LARGE: (.limitExceeded, "the message needs too much memory")
            default: (.malformed, "libprotobuf-c cannot read the message")
            }
        return EmbqError(code, place: "byte \(offset)", problem, advice: advice)
    }
}
