/// An Arduino library.
///
/// Source: Arduino library specification, format 1.5 revision 2.2.
enum ArduinoLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        let name = library.name.camel
        return [
            ("library.properties", properties(library)), ("src/\(name).h", header(library)),
            ("examples/Classify/Classify.ino", LayoutExamples.arduino(library)),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use: "Copy the folder, named \(name), into the sketchbook's `libraries`, and begin a sketch with "
                        + "`#include <\(name).h>`, as examples/Classify does.",
                    place: "define these in src/model.c.")
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
        url=https://arxiv.org/abs/2502.10001
        architectures=*
        includes=\(library.name.camel).h
        license=\(library.license)

        """
    }

    private static func header(_ library: ExportedLibrary) -> String {
        """
        /* \(library.summary). */
        #ifndef \(library.name.symbol)_H
        #define \(library.name.symbol)_H

        #include "embq.h"
        #include "model.h"

        #endif

        """
    }
}
