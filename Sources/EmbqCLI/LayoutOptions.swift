import ArgumentParser
import EmbqCore
package import EmbqExport

/// How C sources are laid out.
struct LayoutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose build system takes the folder.", valueName: "name"))
    var layout: CSourceOptions.Layout = .plain

    @Option(
        help: ArgumentHelp(
            "One array; one for each of the artifact's sections, which a linker can place apart; incbin: bytes that an "
                + "assembler file takes; object: an ELF object for --target. The last two need little to compile.",
            valueName: "name"))
    var arrays: CSourceOptions.Arrays = .one

    @Option(help: ArgumentHelp("The processor of an ELF object.", valueName: "name"))
    var target: CSourceOptions.ObjectTarget?

    @Flag(
        help: ArgumentHelp(
            "The example is a board under test: it takes the commands of `embq verify --serial` and of MLPerf Tiny's "
                + "runner from its serial port. Not with --layout swift."))
    var serial = false

    @Option(
        help: ArgumentHelp(
            "A name for the model, in place of model: of its symbols, macros, header, target and library. Models of one "
                + "firmware need names of their own.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "SPDX licence of the model's weights, named beside the runtime's Apache-2.0 (default of package: the one that "
                + "README.md beside the checkpoint names).",
            valueName: "spdx"))
    var license: String?

    var options: CSourceOptions {
        CSourceOptions(
            layout: layout, arrays: arrays, target: target, serial: serial, name: name, license: license,
            version: embqVersion)
    }

    func validate() throws {
        guard (arrays == .object) == (target != nil) else {
            throw ValidationError("--arrays object goes with --target, and nothing else does.")
        }
    }
}

extension CSourceOptions.Layout: ExpressibleByArgument {}
extension CSourceOptions.Arrays: ExpressibleByArgument {}
extension CSourceOptions.ObjectTarget: ExpressibleByArgument {}
