import ArgumentParser
import EmbqCheckpoints
import EmbqCore

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a checkpoint's tensors to a safe open format.",
        discussion: """
            Examples:
              embq convert Fixtures/embbert-snips -o weights.safetensors
              embq convert model.safetensors --dtype f16 -o half.safetensors
              embq convert Fixtures/embbert-snips -o weights.npz
              embq convert training.pt --key ema_state_dict -o weights.safetensors

            Tensors keep every bit, but for those that --dtype converts.
            npz and HDF5 have no bfloat16; npz has no metadata.
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The file to write; its ending tells the format: \(CheckpointWriter.endings). - writes safetensors to "
                + "standard output.", valueName: "file"))
    var output: String
    @Option(help: ArgumentHelp("The type to store: same, f32, f16 or bf16.", valueName: "type"))
    var dtype: TargetType = .same
    @Option(
        help: ArgumentHelp(
            "Where the tensors are in a PyTorch file that holds more: keys, joined by dots.", valueName: "path"))
    var key: String?
    @OptionGroup var format: OutputOptions

    private struct Summary: Encodable {
        var output: String
        var tensors: Int
        var bytes: Int
    }

    @Option(help: ArgumentHelp("The folder of a LoRA adapter (PEFT) to merge with the weights.", valueName: "folder"))
    var adapter: String?

    enum TargetType: String, ExpressibleByArgument, CaseIterable {
        case same, f32, f16, bf16

        var dtype: DType? {
            switch self {
            case .same: nil
            case .f32: .f32
            case .f16: .f16
            case .bf16: .bf16
            }
        }
    }

    func validate() throws {
        try format.refuse(beside: [("-o", output)])
        guard CheckpointWriter.forOutput(output) != nil else {
            throw ValidationError("-o takes a file name that ends in one of \(CheckpointWriter.endings).")
        }
    }

    func run() throws {
        guard let writer = CheckpointWriter.forOutput(output) else { throw ExitCode.validationFailure }
        let checkpoint = try Checkpoint(CheckpointLocation(path, key: key, adapter: adapter))
        try FileIdentity.refuseOverwriting(checkpoint.inputs, with: output)
        let size = try writer.write(checkpoint.source, output, dtype.dtype)
        if format.json {
            try Console.write(
                json: CanonicalJSON.document(
                    Summary(output: output, tensors: checkpoint.source.tensors.count, bytes: size)))
        }
        Console.note("wrote \(output): \(checkpoint.source.tensors.count) tensors, \(size.grouped) bytes")
    }
}
