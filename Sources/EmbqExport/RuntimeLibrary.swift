/// The runtime as a library of its own, which all models of a project share: the folder `runtime` of a layout.
enum RuntimeLibrary {
    /// The folder's name in that of a model.
    static let folder = "runtime"
    /// The same in a Swift package, where the folder's name is the identity of the package.
    static func folder(_ layout: CSourceOptions.Layout) -> String { layout == .swift ? slug : folder }
    /// For CMake and Zephyr: a target.
    static let target = "embq_runtime"
    /// For package registries.
    static let slug = "embq-runtime"
    /// For Arduino.
    static let camel = "EmbqRuntime"
    /// The file that users of a model include beside the model's own; all others are the runtime's alone.
    static let header = "embq.h"

    static let summary = "The integer runtime of the language models that embq exports"

    /// A version as `embq.h` has it in EMBQ_RUNTIME_VERSION: 1.2.3 is 10203.
    static func number(_ version: String) -> Int {
        version.split(separator: ".").prefix(3).reduce(0) { $0 * 100 + (Int($1) ?? 0) }
    }

    /// The runtime's C files, by their paths in its folder; side by side in a plain one.
    static func path(of file: String, _ layout: CSourceOptions.Layout) -> String {
        switch layout {
        case .plain: file
        // Arduino puts src/ alone on the path of includes.
        case .arduino: "\(folder)/src/\(file)"
        case .swift: "\(slug)/Sources/C\(SwiftLayout.runtime)/\(file == header ? "include/" : "")\(file)"
        default: file == header ? "\(folder)/include/\(file)" : "\(folder)/src/\(file)"
        }
    }

    /// Every .c file, by its path in the folder `runtime`.
    static var sources: [String] {
        CSourceExport.runtimeSources.map(\.name).filter { $0.hasSuffix(".c") }.sorted().map { "src/\($0)" }
    }

    // MARK: CMake, for ESP-IDF too

    /// The lines of a model's CMakeLists.txt that find the runtime or add it, and refuse another version.
    ///
    /// - Parameter settings: what follows where the runtime is added.
    static func cmake(_ library: ExportedLibrary, adding: String, settings: String = "") -> String {
        """
        # The runtime is one library for all models of a project: the first that is added brings it.
        if(NOT TARGET \(target) AND NOT TARGET embq::runtime)
        \((adding + settings).split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        endif()
        if(TARGET \(target))
          get_target_property(embq_runtime_version \(target) EMBQ_VERSION)
        else()
          get_target_property(embq_runtime_version embq::runtime EMBQ_VERSION)
        endif()
        if(NOT embq_runtime_version STREQUAL "\(library.version)")
          message(FATAL_ERROR "\(library.name.identifier) was exported by embq \(library.version), and the runtime of this "
            "project is of embq ${embq_runtime_version}: export all models with one version of embq.")
        endif()

        """
    }

    static func project(_ library: ExportedLibrary) -> String {
        """
        # Written by embq.
        cmake_minimum_required(VERSION \(CMakeLayout.range))
        project(\(slug) VERSION \(library.version) DESCRIPTION "\(summary)" LANGUAGES C)
        include(GNUInstallDirs)
        include(CMakePackageConfigHelpers)

        add_library(\(target) STATIC
        \(sources.map { "  \($0)\n" }.joined()))
        add_library(embq::runtime ALIAS \(target))
        set_target_properties(\(target) PROPERTIES
          EXPORT_NAME runtime C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
          EMBQ_VERSION \(library.version) EXPORT_PROPERTIES EMBQ_VERSION)
        target_compile_features(\(target) PUBLIC c_std_11)
        target_include_directories(\(target) PUBLIC
          $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/\(target)>)
        \(CMakeLayout.sections(target))
        install(TARGETS \(target) EXPORT \(target)-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
        install(FILES include/\(header) DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/\(target))
        install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
        \(CMakeLayout.package(target, "ExactVersion"))
        install(EXPORT \(target)-targets FILE \(target)-config.cmake NAMESPACE embq::
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(target))

        """
    }
}
