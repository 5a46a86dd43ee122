import EmbqCore

/// A CMake project with the target `embq::model`, which can be installed and found.
enum CMakeLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        let name = library.name.identifier
        return [
            ("CMakeLists.txt", project(library)), ("examples/classify/CMakeLists.txt", example(library)),
            ("examples/classify/main.c", LayoutExamples.command(library.answer)),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use: "`add_subdirectory` of the folder, or `find_package(\(name))` of an installed one, gives the "
                        + "target `embq::model`:\n\n    target_link_libraries(firmware PRIVATE embq::model)",
                    place: "set these when configuring, `-DEMBQ_WEIGHTS_SECTION=.extflash`.")
            ),
        ]
    }

    private static let range = "3.13...3.31"

    private static func project(_ library: ExportedLibrary) -> String {
        let name = library.name.identifier
        return """
            # Written by embq.
            cmake_minimum_required(VERSION \(range))
            project(\(name) VERSION \(library.version) DESCRIPTION "\(library.summary.escaped(for: .cmake))" LANGUAGES C)
            include(GNUInstallDirs)
            include(CMakePackageConfigHelpers)

            add_library(\(name) STATIC
            \(library.sources.map { "  \($0)\n" }.joined()))
            add_library(embq::model ALIAS \(name))
            set_target_properties(\(name) PROPERTIES
              EXPORT_NAME model C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
            target_compile_features(\(name) PUBLIC c_std_11)
            target_include_directories(\(name) PUBLIC
              $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/\(name)>)
            if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
              # The linker can then leave out what this model does not use: -Wl,--gc-sections.
              target_compile_options(\(name) PRIVATE -ffunction-sections -fdata-sections)
            endif()

            \(placements(library))
            install(TARGETS \(name) EXPORT \(name)-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
            install(FILES include/embq.h include/model.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/\(name))
            install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
            install(EXPORT \(name)-targets FILE \(name)-config.cmake NAMESPACE embq::
              DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(name))
            write_basic_package_version_file(
              ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config-version.cmake COMPATIBILITY SameMinorVersion)
            install(FILES ${CMAKE_CURRENT_BINARY_DIR}/\(name)-config-version.cmake
              DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/\(name))

            if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
              add_subdirectory(examples/classify)
            endif()

            """
    }

    private static func placements(_ library: ExportedLibrary) -> String {
        library.placements.map {
            """
            set(\($0.macro) "" CACHE STRING "Linker section of \($0.what); empty: with the other constants")
            if(\($0.macro))
              target_compile_definitions(\(library.name.identifier) PRIVATE
                "\($0.macro)=__attribute__((section(\\"${\($0.macro)}\\")))")
            endif()

            """
        }.joined()
    }

    private static func example(_ library: ExportedLibrary) -> String {
        """
        cmake_minimum_required(VERSION \(range))
        project(classify LANGUAGES C)
        if(NOT TARGET embq::model)
          find_package(\(library.name.identifier) REQUIRED)
        endif()
        add_executable(classify main.c)
        target_link_libraries(classify PRIVATE embq::model)

        """
    }
}
