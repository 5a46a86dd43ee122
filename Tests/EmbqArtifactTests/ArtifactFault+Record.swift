import EmbqCore
import EmbqTestSupport

extension ArtifactFault {
    /// Faults of section MODL around the operations; those of each operation's fields are tested with the runtime.
    static var record: [ArtifactFault] {
        var faults: [ArtifactFault] = []
        let head: [(String, Int, [UInt32])] = [
            ("task", 0, [0, 7, .max]), ("vocabulary", 1, [0, 65536, .max]), ("max_length", 2, [0, 16385, .max]),
            ("outputs", 3, [0, 65537, .max]), ("registers", 7, [0, 1, 65, .max]), ("stores", 8, [0, 513, .max]),
            ("passes", 9, [0, 1, 257, .max]),
        ]
        for (name, word, bad) in head {
            for value in bad {
                faults.append(
                    ArtifactFault("\(name) is \(value)", .malformed, unfit) { $0.set("MODL", word, value) })
            }
        }
        let edits: [(String, @Sendable (inout ProgramRecord) -> Void)] = [
            ("a register of type 0", { $0.registers[0].type = 0 }),
            ("a register of 64 bits", { $0.registers[0].type = 4 }),
            ("a register of no width", { $0.registers[0].width = 0 }),
            ("a register of 4,097 numbers", { $0.registers[0].width = 4097 }),
            ("a 65th register", { while $0.registers.count < 65 { $0.registers.append(.init(1, 1)) } }),
            ("a store of type 0", { $0.stores[0].type = 0 }),
            ("a store of type 5", { $0.stores[0].type = 5 }),
            ("a store of no width", { $0.stores[0].width = 0 }),
            ("a store of 4,097 numbers", { $0.stores.append(.init(1, 4097)) }),
            ("a state of too many numbers", { $0.stores.append(.init(3, 4096 * 512 + 1, span: 1)) }),
            ("a store of no groups", { $0.stores[0].groups = 0 }),
            ("a store of more groups than numbers", { $0.stores[0].groups = $0.stores[0].width + 1 }),
            ("a store of groups of two lengths", { $0.stores.append(.init(1, 10, groups: 3)) }),
            ("a window of groups", { $0.stores.append(.init(1, 10, groups: 2, span: 4)) }),
            ("a window of 1,026 rows", { $0.stores.append(.init(1, 1, span: 1026)) }),
            ("64-bit sums of two rows", { $0.stores.append(.init(4, 1, span: 2)) }),
            ("64-bit sums for each token", { $0.stores.append(.init(4, 1)) }),
            ("a 513th store", { while $0.stores.count < 513 { $0.stores.append(.init(1, 1)) } }),
            (
                "more memory than 32 bits address",
                {
                    $0.maximumLength = 16384
                    for _ in 0..<4 { $0.stores.append(.init(1, 4096)) }
                }
            ),
            ("a pass of positions 0", { $0.passes[0].positions = 0 }),
            ("a pass of positions 6", { $0.passes[0].positions = 6 }),
            ("a 257th pass", { while $0.passes.count < 257 { $0.passes.append(.init([])) } }),
        ]
        for (name, edit) in edits {
            faults.append(
                ArtifactFault(name, .malformed, unfit) { artifact in
                    artifact.replace("MODL") { content in
                        var program = ProgramRecord(bytes: content)
                        edit(&program)
                        content = program.bytes
                    }
                })
        }
        return faults
    }
}
