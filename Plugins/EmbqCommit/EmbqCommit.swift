import Foundation
import PackagePlugin

/// Writes a source that names the commit which the program is built from.
///
/// Neither `Context.gitInformation` in Package.swift nor a command before the build serves: SwiftPM keeps what came of
/// them as long as no file is added, and so an old commit. This command depends on git's own files and on every source.
@main
struct EmbqCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
        let package = context.package.directoryURL
        let script = package.appending(path: ".ci/commit")
        let output = context.pluginWorkDirectoryURL
        let sources = context.package.targets.compactMap { $0.sourceModule }.flatMap { $0.sourceFiles.map(\.url) }
        return [
            .buildCommand(
                displayName: "Name the commit", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, package.path, output.path],
                inputFiles: [script, package.appending(path: "Package.swift")] + gitFiles(of: package)
                    + sources.filter { $0.path.hasPrefix(package.appending(path: "Sources").path) },
                outputFiles: [output.appending(path: "BuiltCommit.swift")])
        ]
    }

    /// The files of a clone or a worktree that change with every commit.
    private func gitFiles(of package: URL) -> [URL] {
        var git = package.appending(path: ".git")
        // In a worktree it is a file that names the folder.
        if let text = try? String(contentsOf: git, encoding: .utf8), text.hasPrefix("gitdir: ") {
            let path = text.dropFirst("gitdir: ".count).trimmingCharacters(in: .newlines)
            git = URL(filePath: path, relativeTo: package)
        }
        return ["HEAD", "logs/HEAD", "index"].map { git.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }
}
