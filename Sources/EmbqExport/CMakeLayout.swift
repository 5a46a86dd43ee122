import EmbqCore

/// A CMake project with the target `embq::NAME`, which can be installed and found.
enum CMakeLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        let (name, target) = (library.name.identifier, library.names.target)
        return [
            ("CMakeLists.txt", project(library)), ("examples/classify/CMakeLists.txt", example(library)),
            ("examples/classify/main.c", LayoutExamples(library).command),
            ("runtime/CMakeLists.txt", RuntimeLibrary.project(library)),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use: "`add_subdirectory` of the folder, or `find_package(\(name))` of an installed one, gives the "
                        + "target `embq::\(target)`:\n\n    target_link_libraries(firmware PRIVATE embq::\(target))\n\n"
                        + "Several models, each exported with a `--name` of its own, share the runtime of the first, "
                        + "`embq::runtime`; one of another version is an error.",
                    place: "set these when configuring, `-D\(library.names.setting("WEIGHTS_SECTION"))=.extflash`.")
            ),
        ]
    }

    static let range = "3.13...3.31"

    private static func project(_ library: ExportedLibrary) -> String {
        let name = library.name.identifier
        return """
            # Written by embq.
            cmake_minimum_required(VERSION \(range))
            project(\(name) VERSION \(library.version) DESCRIPTION "\(library.summary.escaped(for: .cmake))" LANGUAGES \(library.assembled == nil ? "C" : "C ASM"))
            include(GNUInstallDirs)
            include(CMakePackageConfigHelpers)

            \(RuntimeLibrary.cmake(library, adding: "add_subdirectory(\(RuntimeLibrary.folder))"))
            add_library(\(name) STATIC \(library.sources.joined(separator: " ")))
            add_library(embq::\(library.names.target) ALIAS \(name))
            set_target_properties(\(name) PROPERTIES
              EXPORT_NAME \(library.names.target) C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
            target_link_libraries(\(name) PUBLIC embq::runtime)
            target_include_directories(\(name) PUBLIC
              $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/\(name)>)
            \(assembling(library))\(sections(name))
            \(placements(library))
            install(TARGETS \(name) EXPORT \(name)-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
            install(FILES include/\(library.names.header) DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/\(name))
            install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
            \(package(name, "SameMinorVersion"))
            install(EXPORT \(name)-targets NAMESPACE embq:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(name))
            file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config.cmake
              "include(CMakeFindDependencyMacro)\\n"
              "find_dependency(\(RuntimeLibrary.target) \(library.version) EXACT)\\n"
              "include(\\${CMAKE_CURRENT_LIST_DIR}/\(name)-targets.cmake)\\n")
            install(FILES ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config.cmake
              DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(name))

            if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
              add_subdirectory(examples/classify)
            endif()

            """
    }

    /// What lets the assembler find the artifact's bytes.
    private static func assembling(_ library: ExportedLibrary) -> String {
        guard let folder = library.assembled else { return "" }
        return """
            target_include_directories(\(library.name.identifier) PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/\(folder))
            set_source_files_properties(\(folder)/\(library.names.assembly) PROPERTIES
              OBJECT_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/\(folder)/\(library.names.binary))

            """
    }

    /// What lets the linker leave out parts of a target.
    static func sections(_ target: String) -> String {
        """
        if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
          # The linker can then leave out what no model uses: -Wl,--gc-sections.
          target_compile_options(\(target) PRIVATE -ffunction-sections -fdata-sections)
        endif()

        """
    }

    /// What installs the version of a package.
    static func package(_ name: String, _ compatibility: String) -> String {
        """
        write_basic_package_version_file(
          ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config-version.cmake COMPATIBILITY \(compatibility))
        install(FILES ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config-version.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(name))
        """
    }

    private static func placements(_ library: ExportedLibrary) -> String {
        library.placements.map {
            """
            set(\($0.macro) "" CACHE STRING "Linker section of \($0.what); empty: with the other constants")
            if(\($0.macro))
              target_compile_definitions(\(library.name.identifier) PRIVATE
                "\($0.definition("${\($0.macro)}", quote: #"\""#))")
            endif()

            """
        }.joined()
    }

    private static func example(_ library: ExportedLibrary) -> String {
        let target = library.names.target
        return """
            cmake_minimum_required(VERSION \(range))
            project(classify LANGUAGES C)
            if(NOT TARGET embq::\(target))
              find_package(\(library.name.identifier) REQUIRED)
            endif()
            add_executable(classify main.c)
            target_link_libraries(classify PRIVATE embq::\(target))

            """
    }
}
