import Foundation
import PackagePlugin

/// Writes a source that names the commit which the program is built from, before each build.
///
/// `Context.gitInformation` in Package.swift does not serve: SwiftPM keeps what it made of the manifest, and so the commit
/// of the first build.
@main
struct EmbqCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
        let script = context.package.directoryURL.appending(path: ".ci/commit")
        let output = context.pluginWorkDirectoryURL.appending(path: "Commit")
        return [
            .prebuildCommand(
                displayName: "Name the commit", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, context.package.directoryURL.path, output.path],
                outputFilesDirectory: output)
        ]
    }
}
