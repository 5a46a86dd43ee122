/// The programs that layouts come with: each answers the lines that it is given, where its platform gives them; with
/// `--serial` the commands of a test.
struct LayoutExamples {
    private let answer: ExampleAnswer
    private let names: ModelNames
    private let library: ExportedLibrary

    init(_ library: ExportedLibrary) {
        answer = library.answer
        names = library.names
        self.library = library
    }

    /// Of a computer, and of the plain layout.
    var standardInput: String {
        let more = library.sources.filter { !$0.hasSuffix(".c") }.map { " \($0)" }.joined()
        return standardInput(compiling: " Compile: cc -std=c11 -O2 *.c\(more) -o classify")
    }

    /// The same where a build system names the files.
    var command: String { standardInput(compiling: "") }

    /// The variables, and what opens the model: C11 and C++.
    private func opening(aligned: String = "static _Alignas(EMBQ_ALIGNMENT)") -> String {
        """
        \(aligned) uint8_t arena[\(names.macro("ARENA_SIZE"))];
        static int32_t logits[\(names.macro("OUTPUTS"))];
        static embq_model model;
        """
    }

    private var preparing: String {
        """
        /* Opens the model. The sentences recorded with it must give the same bits here. */
        static embq_status prepare(void)
        {
            embq_status status = \(names.function("open"))(&model);
            for (uint32_t i = 0; status == EMBQ_OK && i < embq_check_count(&model); i++)
                status = embq_check(&model, i, arena, sizeof arena, logits);
            return status;
        }
        """
    }

    private func standardInput(compiling: String) -> String {
        library.isSerial ? SerialExamples(library).standardInput(compiling: compiling) : lines(compiling: compiling)
    }

    private func lines(compiling: String) -> String {
        """
        /* Reads texts, one a line, and prints for each \(answer.purpose).\(compiling)
         *
        \(answer.steps) */
        #include <stdio.h>
        #include <string.h>

        #include "embq.h"
        #include "\(names.header)"

        \(opening())

        static void print(const char *text, size_t length)
        {
            (void)fwrite(text, 1, length, stdout);
        }

        \(answer.functions(names))

        \(preparing)

        int main(void)
        {
            char line[4096];
            embq_status status = prepare();
            while (status == EMBQ_OK && fgets(line, sizeof line, stdin) != NULL) {
                status = answer(line, strcspn(line, "\\n"));
                if (status == EMBQ_OK) print_text("\\n");
            }
            if (status != EMBQ_OK) fprintf(stderr, "%s\\n", embq_status_text(status));
            return status == EMBQ_OK ? 0 : 1;
        }

        """
    }

    /// A call of `answer` on a platform without an end, indented by `indentation`.
    private func answering(_ arguments: String, indentation: String) -> String {
        """
        const embq_status result = answer(\(arguments));
        if (result != EMBQ_OK) print_text(embq_status_text(result));
        print_text("\\n");
        """.replacing("\n", with: "\n" + indentation)
    }

    var arduino: String {
        if library.isSerial { return SerialExamples(library).arduino }
        return """
            // Reads texts from the serial port, one a line, and prints for each \(answer.purpose).
            #include <string.h>

            #include <\(library.name.camel).h>

            \(opening(aligned: "alignas(EMBQ_ALIGNMENT) static"))
            static embq_status status;
            static char line[256];
            static size_t length;

            static void print(const char *text, size_t length) { Serial.write(text, length); }

            \(answer.functions(names))

            \(preparing)

            void setup() {
              Serial.begin(115200);
              while (!Serial) {
              }
              status = prepare();
              Serial.println(embq_status_text(status));
            }

            void loop() {
              if (status != EMBQ_OK || Serial.available() == 0) return;
              const char c = static_cast<char>(Serial.read());
              if (c != '\\n' && c != '\\r') {
                if (length < sizeof line) line[length++] = c;
                return;
              }
              if (length == 0) return;
              \(answering("line, length", indentation: "  "))
              length = 0;
            }

            """
    }

    var zephyr: String {
        if library.isSerial { return SerialExamples(library).zephyr }
        return """
            /* Reads texts from the console, one a line, and prints for each \(answer.purpose). */
            #include <string.h>

            #include <zephyr/console/console.h>
            #include <zephyr/kernel.h>
            #include <zephyr/sys/printk.h>

            #include "embq.h"
            #include "\(names.header)"

            \(opening())

            static void print(const char *text, size_t length)
            {
                printk("%.*s", (int)length, text);
            }

            \(answer.functions(names))

            \(preparing)

            int main(void)
            {
                const embq_status status = prepare();
                printk("%s\\n", embq_status_text(status));
                if (status != EMBQ_OK) return 1;
                console_getline_init();
                for (;;) {
                    const char *line = console_getline();
                    \(answering("line, strlen(line)", indentation: "        "))
                }
            }

            """
    }

    var espIDF: String {
        if library.isSerial { return SerialExamples(library).espIDF }
        return """
            /* Reads texts from the console, one a line, and prints for each \(answer.purpose). */
            #include <stdio.h>
            #include <string.h>

            #include "freertos/FreeRTOS.h"
            #include "freertos/task.h"

            #include "embq.h"
            #include "\(names.header)"

            \(opening())

            static void print(const char *text, size_t length)
            {
                (void)fwrite(text, 1, length, stdout);
            }

            \(answer.functions(names))

            \(preparing)

            void app_main(void)
            {
                static char line[256];
                size_t length = 0;
                const embq_status status = prepare();
                printf("%s\\n", embq_status_text(status));
                while (status == EMBQ_OK) {
                    const int c = getchar();
                    if (c == EOF) {
                        /* The console does not wait for input. */
                        vTaskDelay(1);
                    } else if (c != '\\n' && c != '\\r') {
                        if (length < sizeof line) line[length++] = (char)c;
                    } else if (length > 0) {
                        \(answering("line, length", indentation: "            "))
                        length = 0;
                    }
                }
            }

            """
    }
}
