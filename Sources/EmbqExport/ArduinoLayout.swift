/// An Arduino library.
///
/// Source: Arduino library specification, format 1.5 revision 2.2.
enum ArduinoLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        let name = library.name.camel
        return [
            ("library.properties", properties(library)), ("src/\(name).h", header(library)),
            ("runtime/library.properties", runtimeProperties(library)),
            ("examples/Classify/Classify.ino", LayoutExamples(library).arduino),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use:
                        "Copy the folder, named \(name), into the sketchbook's `libraries`, and the folder `runtime` in "
                        + "it beside it, named \(RuntimeLibrary.camel): once for all models, each exported with a "
                        + "`--name` of its own. Begin a sketch with `#include <\(name).h>`, as examples/Classify does. A "
                        + "header does not compile with a runtime of another version.",
                    place: "define these in src/\(library.names.source).")
            ),
        ]
    }

    private static func properties(_ library: ExportedLibrary) -> String {
        """
        name=\(library.name.camel)
        version=\(library.version)
        author=embq
        maintainer=embq
        sentence=\(library.summary).
        paragraph=Runs on the board itself, in integers, without malloc and without floating point.
        category=Data Processing
        url=\(library.address)
        architectures=*
        includes=\(library.name.camel).h
        depends=\(RuntimeLibrary.camel) (=\(library.version))
        license=\(library.license)

        """
    }

    private static func runtimeProperties(_ library: ExportedLibrary) -> String {
        """
        name=\(RuntimeLibrary.camel)
        version=\(library.version)
        author=embq
        maintainer=embq
        sentence=\(RuntimeLibrary.summary).
        paragraph=Without malloc and without floating point. Every model needs it, once.
        category=Data Processing
        url=\(ExportedLibrary.licenseAddress)
        architectures=*
        includes=\(RuntimeLibrary.header)
        license=\(ExportedLibrary.runtimeLicense)

        """
    }

    private static func header(_ library: ExportedLibrary) -> String {
        """
        /* \(library.summary). */
        #ifndef \(library.name.symbol)_H
        #define \(library.name.symbol)_H

        #include "embq.h"
        #include "\(library.names.header)"

        #endif

        """
    }
}
