import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

@Suite("Sizes that the device's runtime does not take")
struct DeviceLimitsTests {
    /// A size beyond its limit, or at none.
    struct Beyond: Sendable, CustomTestStringConvertible {
        let fixture: String
        let key: String
        let value: String
        let expected: String

        var testDescription: String { "\(fixture): \(key) \(value)" }

        init(_ fixture: String, _ key: String, _ value: String, _ expected: String) {
            (self.fixture, self.key, self.value, self.expected) = (fixture, key, value, expected)
        }
    }

    static let all: [Beyond] = [
        Beyond("mamba", "d_state", "513", "1 to 512 is expected"),
        Beyond("mamba", "kernel_size", "1025", "1 to 1024 is expected"),
        Beyond("mamba", "max_length", "16385", "1 to 16384 is expected"),
        Beyond("mamba", "num_labels", "65538", "1 to 65537 is expected"),
        Beyond("mamba", "forward_expansion", "300", "300.0 is found; it makes an inner width of 5100, 1 to 4096 is"),
        Beyond("embbert", "num_hidden_layers", "128", "1 to 127 is expected"),
        Beyond("embbert", "kernel_size", "0", "1 to 1024 is expected"),
        Beyond("embbert", "vocab_size", "65536", "at most 65535"),
        Beyond("embbert", "forward_expansion", "4000", "it makes an inner width of"),
        Beyond("nanoembedder", "reduced_embedding", "1025", "1 to 1024 is expected"),
        Beyond("nanoembedderconv", "kernel_size", "1025", "1 to 1024 is expected"),
        Beyond("nanobert", "num_attention_heads", "1025", "1 to 1024 is expected"),
        Beyond("nanobertefficient", "num_hidden_layers", "0", "1 to 127 is expected"),
        Beyond("bertefficient", "forward_expansion", "1000", "it makes an inner width of"),
        Beyond("bert", "hidden_size", "1025", "1 to 1024 is expected"),
        Beyond("hf-classifier", "intermediate_size", "4097", "1 to 4096 is expected"),
        Beyond("hf-classifier", "type_vocab_size", "0", "it is the number 0"),
        Beyond("hf-classifier", "max_position_embeddings", "16385", "1 to 16384 is expected"),
        Beyond("hf-encoder", "num_attention_heads", "7", "7 is found; it does not divide hidden_size 20"),
    ]

    @Test("are refused when the checkpoint is opened, by the key of config.json", arguments: all)
    func refused(beyond: Beyond) throws {
        let changed = ChangedFamily(beyond.fixture, beyond.key, .limitExceeded, "") { _, config in
            config[beyond.key] = beyond.value
        }
        let checkpoint = try changed.load()
        let error = try #require(failure { () throws(EmbqError) in try ModelConfig(checkpoint) })
        #expect(error.place == beyond.key || error.place == "'\(beyond.key)'")
        #expect(error.problem.contains(beyond.expected), "\(error.problem)")
        #expect(error.file?.hasSuffix("config.json") == true)
    }

    @Test("do not matter where the family does not read them")
    func unread() throws {
        let changed = ChangedFamily("nanoembedder", "all", .limitExceeded, "") { _, config in
            for key in ["d_state", "kernel_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"] {
                config[key] = "0"
            }
        }
        #expect(try ModelConfig(changed.load()).family == "NanoEmbedder")
    }
}
