import EmbqCore

/// The command line as a report shows it: names of files without their folders, and without options that the report
/// does not depend on, so that the same work gives the same bytes wherever and however fast it is done.
struct TypedCommand {
    /// Options with a value that are left out: where results go, who signs them, how the C sources lie in the folder, and
    /// how many threads work.
    private static let leftOut: Set<String> = [
        "-o", "--output", "--report", "--predictions", "--archive", "--sign", "--threads", "--layout", "--arrays",
        "--target", "--name", "--license",
    ]

    let text: String

    /// - Parameter arguments: those of the program, without its name.
    init(_ arguments: [String]) {
        var words = ["embq"]
        var skipsNext = false
        for argument in arguments {
            if skipsNext {
                skipsNext = false
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if let name = parts.first, Self.leftOut.contains(String(name)) {
                skipsNext = parts.count == 1
            } else if argument.hasPrefix("--"), parts.count == 2 {
                words.append("\(parts[0])=\(Self.quoted(Self.name(String(parts[1]))))")
            } else if argument != "--json" {
                words.append(Self.quoted(Self.name(argument)))
            }
        }
        text = words.joined(separator: " ")
    }

    /// The last part of a path.
    private static func name(_ argument: String) -> String {
        argument.split(separator: "/").last.map(String.init) ?? argument
    }

    /// As a shell takes it.
    private static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "_-.,:+%@=".unicodeScalars.contains(scalar)
        }
        return plain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
