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
            "One array, or one for each of the artifact's sections, which a linker can place apart.",
            valueName: "name"))
    var arrays: CSourceOptions.Arrays = .one

    @Option(
        help: ArgumentHelp(
            "What the library is called, behind embq; not for plain (default: the model's family).", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "SPDX licence of the model's weights, named beside the runtime's Apache-2.0; not for plain.",
            valueName: "spdx"))
    var license: String?

    var options: CSourceOptions {
        CSourceOptions(layout: layout, arrays: arrays, name: name, license: license, version: embqVersion)
    }

    func validate() throws {
        guard layout == .plain, name != nil || license != nil else { return }
        throw ValidationError("--name and --license go with a --layout other than plain, which has no place for them.")
    }
}

extension CSourceOptions.Layout: ExpressibleByArgument {}
extension CSourceOptions.Arrays: ExpressibleByArgument {}
