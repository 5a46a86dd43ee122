import EmbqCore

/// Two CMSIS-Packs, of the model and of the runtime, as folders with a pack description.
///
/// Source: Open-CMSIS-Pack specification 1.7, Pack Description (*.pdsc) Format.
enum CMSISPackLayout {
    private static let vendor = "embq"
    private static let category = "Machine Learning"
    private static let group = "embq"
    /// Of the runtime's component.
    private static let runtime = "Runtime"
    /// Characters of a component's name.
    static let longestName = 32

    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        let (name, runtime) = (library.name.camel, RuntimeLibrary.camel)
        return [
            ("\(vendor).\(name).pdsc", description(library)),
            ("\(RuntimeLibrary.folder)/\(vendor).\(runtime).pdsc", runtimeDescription(library)),
            ("examples/classify/main.c", LayoutExamples(library).command),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use:
                        "Two packs, in this folder and in the folder `runtime`. A csolution project names both and their "
                        + "components:\n\n    packs:\n"
                        + "      - pack: \(vendor)::\(name)\n        path: path/to/\(library.name.slug)\n"
                        + "      - pack: \(vendor)::\(runtime)\n        path: path/to/\(library.name.slug)/runtime\n"
                        + "    components:\n"
                        + "      - component: \(category):\(group):\(library.name.slug)\n"
                        + "      - component: \(category):\(group):\(Self.runtime)\n\n"
                        + "Keil MDK and other tools take both with `cpackget add \(vendor).\(name).pdsc`, or as archives: "
                        + "`zip -r ../\(vendor).\(name).\(library.version).pack .` in each folder. Several models, each "
                        + "exported with a `--name` of its own, share one runtime; a header does not compile with one of "
                        + "another version.",
                    place: "define these for the component.")
            ),
        ]
    }

    private static func description(_ library: ExportedLibrary) -> String {
        let assembled = library.assembled.map { [("include", "\($0)/", "")] } ?? []
        let sources = library.sources.map { (kind(of: $0), $0, "") }
        let example = ("sourceC", "examples/classify/main.c", " attr=\"template\" select=\"Example\"")
        let files =
            [("header", "include/\(library.names.header)", "")] + assembled + sources + [
                ("doc", "README.md", ""), example,
            ]
        return package(
            name: library.name.camel, summary: library.summary, version: library.version,
            keyword: library.name.slug,
            requirements: """
                  <requirements>
                    <packages>
                      <package vendor="\(vendor)" name="\(RuntimeLibrary.camel)" version="\(library.version):\(library.version)"/>
                    </packages>
                  </requirements>
                  <conditions>
                    <condition id="runtime">
                      <require Cclass="\(category)" Cgroup="\(group)" Csub="\(runtime)" Cversion="\(library.version):\(library.version)"/>
                    </condition>
                  </conditions>

                """,
            component: library.name.slug, condition: " condition=\"runtime\"", files: files)
    }

    private static func runtimeDescription(_ library: ExportedLibrary) -> String {
        package(
            name: RuntimeLibrary.camel, summary: RuntimeLibrary.summary, version: library.version,
            keyword: RuntimeLibrary.slug, requirements: "", component: runtime, condition: "",
            files: [("header", "include/\(RuntimeLibrary.header)", "")]
                + RuntimeLibrary.sources.map { ("sourceC", $0, "") })
    }

    /// What a build makes of a file.
    private static func kind(of file: String) -> String {
        if file.hasSuffix(".S") { return "sourceAsm" }
        return file.hasSuffix(".o") ? "object" : "sourceC"
    }

    private static func package(
        name: String, summary: String, version: String, keyword: String, requirements: String, component: String,
        condition: String, files: [(category: String, name: String, attributes: String)]
    ) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- SPDX-License-Identifier: Apache-2.0. Written by embq. -->
        <package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" \
        xs:noNamespaceSchemaLocation="https://raw.githubusercontent.com/Open-CMSIS-Pack/Open-CMSIS-Pack-Spec/v1.7.7/schema/PACK.xsd">
          <vendor>\(vendor)</vendor>
          <name>\(name)</name>
          <description>\(summary.escaped(for: .html))</description>
          <url></url>
          <license>LICENSE</license>
          <releases>
            <release version="\(version)">Exported by embq \(version).</release>
          </releases>
          <keywords>
            <keyword>\(keyword)</keyword>
            <keyword>text classification</keyword>
          </keywords>
        \(requirements)  <taxonomy>
            <description Cclass="\(category)" Cgroup="\(group)">Language models in integers</description>
          </taxonomy>
          <components>
            <component Cclass="\(category)" Cgroup="\(group)" Csub="\(component)" Cversion="\(version)"\(condition)>
              <description>\(summary.escaped(for: .html))</description>
              <files>
        \(files.map { "        <file category=\"\($0.category)\" name=\"\($0.name)\"\($0.attributes)/>\n" }.joined())\
              </files>
            </component>
          </components>
        </package>

        """
    }
}
