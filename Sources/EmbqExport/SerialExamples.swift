/// The programs of `--serial`: each is a board under test, which takes the commands of `embq verify --serial` and of MLPerf
/// Tiny's runner from its serial port.
struct SerialExamples {
    private let names: ModelNames
    private let textSize: Int
    /// Of an Arduino library.
    private let arduinoHeader: String

    init(_ library: ExportedLibrary) {
        names = library.names
        textSize = library.serialTextSize
        arduinoHeader = "\(library.name.camel).h"
    }

    /// What a program says of itself.
    private static let purpose =
        "A board under test: takes the commands of `embq verify --serial` and of MLPerf Tiny's runner"

    /// The variables, and what takes bytes: C11 and C++. Before it, each platform defines `put` and `microseconds`.
    private func functions(aligned: String = "static _Alignas(EMBQ_ALIGNMENT)") -> String {
        """
        \(aligned) uint8_t arena[\(names.macro("ARENA_SIZE"))];
        static int32_t logits[\(names.macro("OUTPUTS"))];
        static char text[\(textSize)];
        static embq_model model;
        static embq_serial serial;
        static embq_status status;

        /* Opens the model, and tells the host that the board is ready. */
        static void prepare(void)
        {
            static const uint8_t digest[EMBQ_SHA256_SIZE] = \(names.macro("SHA256"));
            status = \(names.function("open"))(&model);
            if (status != EMBQ_OK) return;
            serial.model = &model;
            serial.name = "\(names.stem)";
            serial.sha256 = digest;
            serial.arena = arena;
            serial.arena_size = sizeof arena;
            serial.logits = logits;
            serial.text = text;
            serial.text_size = sizeof text;
            serial.put = put;
            serial.microseconds = microseconds;
            embq_serial_begin(&serial);
        }

        /* Takes a byte of the host. Without a model every command is answered by what is wrong with it. */
        static void take(char byte)
        {
            if (status == EMBQ_OK) {
                embq_serial_take(&serial, byte);
            } else if (byte == '%') {
                put(NULL, "e-[", 3);
                put(NULL, embq_status_text(status), strlen(embq_status_text(status)));
                put(NULL, "]\\r\\n", 3);
            }
        }
        """
    }

    /// - Parameter compiling: how it is compiled, where no build system names the files.
    func standardInput(compiling: String) -> String {
        """
        /* \(Self.purpose)
         * from standard input.\(compiling) */
        #include <stdio.h>
        #include <string.h>
        #include <time.h>

        #include "embq.h"
        #include "\(names.header)"

        static void put(void *context, const char *bytes, size_t count)
        {
            (void)context;
            (void)fwrite(bytes, 1, count, stdout);
        }

        static uint32_t microseconds(void *context)
        {
            struct timespec now;
            (void)context;
            (void)timespec_get(&now, TIME_UTC);
            return (uint32_t)now.tv_sec * 1000000u + (uint32_t)now.tv_nsec / 1000u;
        }

        \(functions())

        int main(void)
        {
            prepare();
            for (;;) {
                (void)fflush(stdout);
                const int byte = getchar();
                if (byte == EOF) return 0;
                take((char)byte);
            }
        }

        """
    }

    var arduino: String {
        """
        // \(Self.purpose)
        // from the serial port.
        #include <string.h>

        #include <\(arduinoHeader)>

        static void put(void *context, const char *bytes, size_t count) {
          (void)context;
          Serial.write(bytes, count);
        }

        static uint32_t microseconds(void *context) {
          (void)context;
          return static_cast<uint32_t>(micros());
        }

        \(functions(aligned: "alignas(EMBQ_ALIGNMENT) static"))

        void setup() {
          Serial.begin(115200);
          while (!Serial) {
          }
          prepare();
        }

        void loop() {
          if (Serial.available() > 0) take(static_cast<char>(Serial.read()));
        }

        """
    }

    var zephyr: String {
        """
        /* \(Self.purpose)
         * from the console. */
        #include <string.h>

        #include <zephyr/console/console.h>
        #include <zephyr/kernel.h>
        #include <zephyr/sys/printk.h>

        #include "embq.h"
        #include "\(names.header)"

        static void put(void *context, const char *bytes, size_t count)
        {
            (void)context;
            printk("%.*s", (int)count, bytes);
        }

        static uint32_t microseconds(void *context)
        {
            (void)context;
            return (uint32_t)k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
        }

        \(functions())

        int main(void)
        {
            if (console_init() != 0) return 1;
            prepare();
            for (;;) {
                const int byte = console_getchar();
                if (byte >= 0) take((char)byte);
            }
        }

        """
    }

    var espIDF: String {
        """
        /* \(Self.purpose)
         * from the console. */
        #include <stdio.h>
        #include <string.h>

        #include "esp_timer.h"
        #include "freertos/FreeRTOS.h"
        #include "freertos/task.h"

        #include "embq.h"
        #include "\(names.header)"

        static void put(void *context, const char *bytes, size_t count)
        {
            (void)context;
            (void)fwrite(bytes, 1, count, stdout);
            (void)fflush(stdout);
        }

        static uint32_t microseconds(void *context)
        {
            (void)context;
            return (uint32_t)esp_timer_get_time();
        }

        \(functions())

        void app_main(void)
        {
            prepare();
            for (;;) {
                const int byte = getchar();
                if (byte == EOF) {
                    /* The console does not wait for input. */
                    vTaskDelay(1);
                } else {
                    take((char)byte);
                }
            }
        }

        """
    }
}
