/// The programs that layouts come with: each classifies the lines that it is given, where its platform gives them.
enum LayoutExamples {
    /// Of a computer, and of the plain layout.
    static func standardInput(_ answer: ExampleAnswer) -> String {
        """
        /* Classifies each line of its input. Compile: cc -std=c11 -O2 *.c -o classify
         *
         * Firmware with a watchdog takes \(answer == .tags ? "embq_run_tags" : "embq_run_text") apart:
         *     embq_run run;
         *     status = \(answer.beginning);
         *     while (embq_step(&run)) feed_the_watchdog();\(answer.ending) */
        #include <stdio.h>
        #include <string.h>

        #include "embq.h"
        #include "model.h"

        static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];

        \(answer.function("printf"))int main(void)
        {
            embq_model model;
            int32_t logits[EMBQ_MODEL_OUTPUTS];
        \(answer.variables(indentation: "    "))    char line[4096];
            embq_status status = embq_model_open(&model);
            while (status == EMBQ_OK && fgets(line, sizeof line, stdin) != NULL) {
                status = \(answer.running("line", "strcspn(line, \"\\n\")"));
                if (status == EMBQ_OK) \(answer.printing("printf"))
            }
            if (status != EMBQ_OK) fprintf(stderr, "%s\\n", embq_status_text(status));
            return status == EMBQ_OK ? 0 : 1;
        }

        """
    }

    /// The same where a build system names the files.
    static func command(_ answer: ExampleAnswer) -> String {
        standardInput(answer).replacing(" Compile: cc -std=c11 -O2 *.c -o classify", with: "")
    }

    static func arduino(_ library: ExportedLibrary) -> String {
        """
        // Classifies each line that comes over the serial port.
        #include <\(library.name.camel).h>

        alignas(EMBQ_ALIGNMENT) static uint8_t arena[EMBQ_MODEL_ARENA_SIZE];
        static int32_t logits[EMBQ_MODEL_OUTPUTS];
        static embq_model model;
        static embq_status status;
        static char line[256];
        static size_t length;

        void setup() {
          Serial.begin(115200);
          while (!Serial) {
          }
          status = embq_model_open(&model);
          // The sentences recorded with the model must give the same bits here.
          for (uint32_t i = 0; status == EMBQ_OK && i < embq_check_count(&model); i++) {
            status = embq_check(&model, i, arena, sizeof arena, logits);
          }
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
        \(library.answer.variables(indentation: "  "))  const embq_status answer = \(library.answer.running("line", "length"));
        \(library.answer.arduino)
          length = 0;
        }

        """
    }

    /// What the examples for real-time systems begin with.
    private static func model(_ answer: ExampleAnswer, _ print: String) -> String {
        """
        #include "embq.h"
        #include "model.h"

        static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];
        static int32_t logits[EMBQ_MODEL_OUTPUTS];
        static embq_model model;

        /* Opens the model. The sentences recorded with it must give the same bits here. */
        static embq_status prepare(void)
        {
            embq_status status = embq_model_open(&model);
            for (uint32_t i = 0; status == EMBQ_OK && i < embq_check_count(&model); i++)
                status = embq_check(&model, i, arena, sizeof arena, logits);
            return status;
        }

        \(answer.classifying(print))
        """
    }

    static func zephyr(_ answer: ExampleAnswer) -> String {
        """
        /* Classifies each line that is typed on the console. */
        #include <string.h>

        #include <zephyr/console/console.h>
        #include <zephyr/kernel.h>
        #include <zephyr/sys/printk.h>

        \(model(answer, "printk"))

        int main(void)
        {
            const embq_status status = prepare();
            printk("%s\\n", embq_status_text(status));
            if (status != EMBQ_OK) return 1;
            console_getline_init();
            for (;;) {
                const char *line = console_getline();
                \(answer.answering("printk", "line, strlen(line)"))
            }
        }

        """
    }

    static func espIDF(_ answer: ExampleAnswer) -> String {
        """
        /* Classifies each line that is typed on the console. */
        #include <stdio.h>

        #include "freertos/FreeRTOS.h"
        #include "freertos/task.h"

        \(model(answer, "printf"))

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
                    \(answer.answering("printf", "line, length"))
                    length = 0;
                }
            }
        }

        """
    }
}
