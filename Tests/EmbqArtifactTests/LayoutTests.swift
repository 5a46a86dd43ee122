import EmbqArtifact
import EmbqCore
import EmbqExport
import EmbqTestSupport
import Testing

@Suite("Layouts of exported C") struct LayoutTests {
    private static let layouts = CSourceOptions.Layout.allCases

    private func files(_ layout: CSourceOptions.Layout, _ arrays: CSourceOptions.Arrays) throws -> [String: [UInt8]] {
        // Some take no objects.
        let arrays = arrays == .object && [.arduino, .platformio, .swift].contains(layout) ? .incbin : arrays
        let options = CSourceOptions(
            layout: layout, arrays: arrays, target: arrays == .object ? .arm : nil, name: "Weather-1",
            license: "MIT OR ISC", version: "1.2.3")
        let files = try CSourceExport.files(ArtifactReader(Samples.tiny.get()), options)
        #expect(files.map(\.name) == files.map(\.name).sorted())
        return try Dictionary(
            files.map { ($0.name, $0.bytes) },
            uniquingKeysWith: { _, _ in throw EmbqError(.duplicate, "a name stands twice", advice: "") })
    }

    @Test("Equal arguments give equal bytes", arguments: layouts, CSourceOptions.Arrays.allCases)
    func same(layout: CSourceOptions.Layout, arrays: CSourceOptions.Arrays) throws {
        #expect(try files(layout, arrays) == files(layout, arrays))
    }

    @Test("The layout changes where code lies, not the code", arguments: layouts, CSourceOptions.Arrays.allCases)
    func sameCode(layout: CSourceOptions.Layout, arrays: CSourceOptions.Arrays) throws {
        if arrays == .object, [.arduino, .platformio, .swift].contains(layout) { return }
        let (plain, other) = (try files(.plain, arrays), try files(layout, arrays))
        let byName = Dictionary(
            other.map { ($0.key.split(separator: "/").last.map(String.init) ?? "", $0.value) },
            uniquingKeysWith: { first, _ in first })
        for (name, bytes) in plain where !["main.c", "NOTICE"].contains(name) {
            #expect(byName[name] == bytes, "\(name)")
        }
    }

    @Test(
        "A build file names every source of the runtime",
        arguments: [
            (.cmake, "runtime/CMakeLists.txt", "src/"), (.espIDF, "runtime/CMakeLists.txt", "src/"),
            (.zephyr, "zephyr/CMakeLists.txt", "../runtime/src/"),
        ] as [(CSourceOptions.Layout, String, String)])
    func everySource(layout: CSourceOptions.Layout, build: String, prefix: String) throws {
        let files = try files(layout, .one)
        let lines = String(decoding: try #require(files[build]), as: UTF8.self).split(separator: "\n")
        let named = lines.filter { $0.hasSuffix(".c") }.map { String($0.drop { $0 == " " }) }
        let folder = "runtime/src/"
        let sources = files.keys.filter { $0.hasPrefix(folder) && $0.hasSuffix(".c") }
            .map { prefix + $0.dropFirst(folder.count) }
        #expect(sources.count > 20)
        #expect(named == sources.sorted())
    }

    @Test("Manifests carry name, version and both licences")
    func manifests() throws {
        for (layout, file, name) in [
            (.arduino, "library.properties", "name=EmbqWeather1\n"),
            (.platformio, "library.json", "\"name\" : \"embq-weather-1\""),
            (.espIDF, "idf_component.yml", "description: \"EmbBERT"),
        ] as [(CSourceOptions.Layout, String, String)] {
            let text = String(decoding: try #require(files(layout, .one)[file]), as: UTF8.self)
            for part in [name, "1.2.3", "Apache-2.0 AND (MIT OR ISC)"] {
                #expect(text.contains(part), "\(file): \(part)")
            }
        }
    }

    @Test(
        "A name in any spelling becomes one for each ecosystem",
        arguments: [
            ("snips", "embq_snips", "EmbqSnips"), ("Embq-Snips", "embq_snips", "EmbqSnips"),
            ("3 colours/été.v2", "embq_3_colours_t_v2", "Embq3ColoursTV2"), ("embq embq", "embq_embq", "EmbqEmbq"),
            ("arduino", "embq_arduino", "EmbqArduino"), ("¹②x", "embq_x", "EmbqX"),
        ])
    func names(text: String, identifier: String, camel: String) throws {
        let name = try LibraryName(text)
        #expect(name.identifier == identifier)
        #expect(name.camel == camel)
        #expect(name.symbol == identifier.uppercased())
        #expect(name.slug == identifier.replacing("_", with: "-"))
    }

    @Test(
        "A name without letters, or one too long, is refused",
        arguments: ["", "--", "embq", "天気", String(repeating: "a", count: 46)])
    func badNames(text: String) {
        let error = failure { () throws(EmbqError) in try LibraryName(text) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.advice.contains("--name") == true)
    }

    @Test(
        "A name that C, the runtime or the example has for something else is refused",
        arguments: [
            ("string", "string.h"), ("STDIO", "stdio.h"), ("main", "main.c"), ("runtime", "embq::runtime"),
            ("on-device", "EmbqOnDevice"), ("tokenizer symbol", "EMBQ_TOKENIZER_SYMBOL_SIZE"),
            ("tokenizer", "embq_tokenizer_open"),
        ])
    func takenNames(name: String, taken: String) throws {
        let artifact = try ArtifactReader(Samples.tiny.get())
        let options = CSourceOptions(name: name, version: "1.2.3")
        let error = failure { () throws(EmbqError) in try CSourceExport.files(artifact, options) }
        #expect(error?.code == .invalidRequest && error?.problem.contains(taken) == true, "\(error?.problem ?? "none")")
    }

    @Test("A name is in place of model in every file", arguments: layouts, CSourceOptions.Arrays.allCases)
    func naming(layout: CSourceOptions.Layout, arrays: CSourceOptions.Arrays) throws {
        let files = try files(layout, arrays)
        #expect(files.keys.contains { $0.hasSuffix("weather_1.h") } && !files.keys.contains { $0.contains("model") })
        for (name, bytes) in files where !name.contains("embq") {
            let text = String(decoding: bytes, as: UTF8.self)
            for word in ["embq_model_", "EMBQ_MODEL", "embq::model"] {
                #expect(!text.contains(word), "\(name): \(word)")
            }
            // In Swift, model.classify is no file.
            #expect(!text.contains(/model\.[ch]\b/), "\(name): model.c or model.h")
        }
    }

    @Test(
        "Every file names its licence, where its format has comments", arguments: layouts,
        CSourceOptions.Arrays.allCases)
    func marks(layout: CSourceOptions.Layout, arrays: CSourceOptions.Arrays) throws {
        let files = try files(layout, arrays)
        for (name, bytes) in files where ![".json", ".embq", ".o"].contains(where: name.hasSuffix) {
            if ["LICENSE", "NOTICE"].contains(where: name.hasSuffix) { continue }
            let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
            // Swift Package Manager reads the first, and so does a reader of XML.
            let isSecond = name.hasSuffix("Package.swift") || name.hasSuffix(".pdsc")
            let line = String(decoding: try #require(lines.dropFirst(isSecond ? 1 : 0).first), as: UTF8.self)
            let isModel = ["weather_1.h", "weather_1.c", "weather_1_data.S", "Label.swift"].contains(
                where: name.hasSuffix)
            let license = isModel ? "Apache-2.0 AND (MIT OR ISC)" : "Apache-2.0"
            let rest = line.drop { "/*<!-#; ".contains($0) }
            #expect(rest.hasPrefix("SPDX-License-Identifier: \(license)"), "\(name): \(line)")
        }
        let notice = String(decoding: try #require(files["NOTICE"]), as: UTF8.self)
        #expect(notice.contains("MIT OR ISC") && notice.contains("arxiv.org/abs/2502.10001"))
    }

    @Test("Without a name and a layout the files have the names that they always had")
    func plainNames() throws {
        let files = try CSourceExport.files(ArtifactReader(Samples.tiny.get()), CSourceOptions(version: "1.2.3"))
        let own = files.map(\.name).filter { !$0.hasPrefix("embq_") }
        #expect(own == ["LICENSE", "NOTICE", "embq.h", "main.c", "model.c", "model.h"])
        let header = try #require(files.first { $0.name == "model.h" }).bytes
        #expect(String(decoding: header, as: UTF8.self).contains("embq_status embq_model_open(embq_model *model);"))
    }

    @Test("The runtime's version is embq's")
    func version() throws {
        let header = try #require(CSourceExport.runtimeSources.first { $0.name == "embq.h" }).bytes
        let parts = embqVersion.split(separator: ".").compactMap { Int($0) }
        let number = (parts[0] * 100 + parts[1]) * 100 + parts[2]
        let text = String(decoding: header, as: UTF8.self)
        #expect(text.contains("#define EMBQ_RUNTIME_VERSION \(number)\n"))
    }

    @Test(
        "What is no licence expression is refused",
        arguments: [
            "", "a\"b", "x\ny: z", "${HOME}", "(", "é", "my own words", "MIT AND", "MIT ISC", "MIT and ISC", "(MIT",
            "MIT)",
            "LicenseRef-", "LicenseRef-a b", "MIT WITH MIT", "MIT WITH", "(MIT) WITH Bison-exception-2.2", "Apache2.0",
        ])
    func badLicenses(license: String) throws {
        let artifact = try ArtifactReader(Samples.tiny.get())
        let options = CSourceOptions(layout: .espIDF, license: license, version: "1.2.3")
        let error = failure { () throws(EmbqError) in try CSourceExport.files(artifact, options) }
        #expect(error?.code == .invalidRequest)
        if license == "Apache2.0" { #expect(error?.advice.contains("'Apache-2.0'") == true) }
    }

    @Test(
        "A licence is spelled as the SPDX list has it",
        arguments: [
            ("mit", "MIT"), ("apache-2.0 OR  LGPL-2.1+", "(Apache-2.0 OR LGPL-2.1+)"),
            ("LicenseRef-My.Own-1", "LicenseRef-My.Own-1"), ("( MIT )", "(MIT)"),
            ("GPL-2.0-only WITH bison-Exception-2.2", "GPL-2.0-only WITH Bison-exception-2.2"),
            ("((MIT OR ISC) AND Zlib)", "(((MIT OR ISC) AND Zlib))"),
        ])
    func licenses(given: String, written: String) throws {
        let artifact = try ArtifactReader(Samples.tiny.get())
        let options = CSourceOptions(license: given, version: "1.2.3")
        let files = try CSourceExport.files(artifact, options)
        let bytes = try #require(files.first { $0.name == "model.c" }).bytes
        #expect(String(decoding: bytes, as: UTF8.self).contains("SPDX-License-Identifier: Apache-2.0 AND \(written) "))
    }

    @Test(
        "Labels become cases of Swift, whatever they are",
        arguments: [
            (["GetWeather", "book_hotel", "PER"], ["getWeather", "bookHotel", "per"]),
            (["class", "1 star", "天気"], ["`class`", "label1Star", "label2"]),
            (["a-b", "a b", "name"], ["aB", "aB_1", "name_2"]),
            (["", "\"\\(x)", "\u{1F600}"], ["label0", "x", "label2"]),
        ])
    func swiftLabels(labels: [String], cases: [String]) throws {
        var edited = EditedArtifact(try Samples.tiny.get())
        edited.replace("LABL") { content in
            var (offsets, texts) = ([UInt8](), [UInt8]())
            for label in labels {
                let offset = UInt32(4 * labels.count + texts.count)
                offsets += (0..<4).map { UInt8(truncatingIfNeeded: offset >> (8 * $0)) }
                texts += Array(label.utf8) + [0]
            }
            content = offsets + texts
        }
        let artifact = try ArtifactReader(edited.bytes)
        let files = try CSourceExport.files(artifact, CSourceOptions(layout: .swift, version: "1.2.3"))
        let file = try #require(files.first { $0.name.hasSuffix("/Label.swift") })
        let text = String(decoding: file.bytes, as: UTF8.self)
        for (id, name) in cases.enumerated() { #expect(text.contains("    case \(name) = \(id)\n"), "\(text)") }
        #expect(!text.contains("(x)\"") || text.contains(#""\"\\(x)""#), "a label stays inside its literal")
        #expect(text.utf8.allSatisfy { $0 < 0x7F })
    }

    @Test("A family of any text stays inside the string that it stands in")
    func hostileFamily() throws {
        var edited = EditedArtifact(try Samples.tiny.get())
        edited.replace("META") { $0 = Array(#"{"family":"a\"\nb: ${x} \\ c天*/"}"#.utf8) }
        let artifact = try ArtifactReader(edited.bytes)
        let expected = "ab x  c, quantized"
        for (layout, file) in [
            (.espIDF, "idf_component.yml"), (.cmake, "CMakeLists.txt"), (.zephyr, "zephyr/Kconfig"),
            (.arduino, "library.properties"), (.arduino, "src/EmbqAbXC.h"), (.swift, "Sources/EmbqAbXC/Model.swift"),
        ] as [(CSourceOptions.Layout, String)] {
            let files = try CSourceExport.files(artifact, CSourceOptions(layout: layout, version: "1.2.3"))
            let bytes = try #require(files.first { $0.name == file }, "\(file)").bytes
            #expect(String(decoding: bytes, as: UTF8.self).contains(expected), "\(file)")
        }
    }
}
