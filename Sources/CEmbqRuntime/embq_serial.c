/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of MLPerf Tiny's runner (EEMBC's EnergyRunner), of a board whose input is a text. Lines to the host
 * begin with m- (a message) or e- (an error), and m-ready follows every command. */
#include "embq.h"

static const char small_digits[] = "0123456789abcdef";

/* ---- Output ------------------------------------------------------------------------------------------------------ */

static void put(const embq_serial *s, const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') length++;
    s->put(s->context, text, length);
}

static void put_number(const embq_serial *s, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    uint32_t rest = number;
    do {
        at--;
        digits[at] = small_digits[rest % 10u];
        rest /= 10u;
    } while (rest > 0u);
    s->put(s->context, &digits[at], sizeof digits - at);
}

static void put_line(const embq_serial *s, const char *before, uint32_t number, const char *after)
{
    put(s, before);
    put_number(s, number);
    put(s, after);
}

static void put_byte(const embq_serial *s, uint8_t byte)
{
    const char digits[2] = {small_digits[byte >> 4], small_digits[byte & 15u]};
    s->put(s->context, digits, 2u);
}

/* All decimals of a logit, 16 at most: what the host reads is the same number, to the last bit. */
static void put_logit(const embq_serial *s, int32_t logit)
{
    char digits[EMBQ_LOGIT_FRACTION_BITS];
    const uint32_t size = (logit < 0) ? (0u - (uint32_t)logit) : (uint32_t)logit;
    uint32_t rest = size & 0xFFFFu;
    size_t count = 0;
    do {
        rest *= 10u;
        digits[count] = small_digits[rest >> EMBQ_LOGIT_FRACTION_BITS];
        count++;
        rest &= 0xFFFFu;
    } while (rest > 0u);
    put_line(s, (logit < 0) ? "-" : "", size >> EMBQ_LOGIT_FRACTION_BITS, ".");
    s->put(s->context, digits, count);
}

/* A label, with '?' for each byte that would end the line. */
static void put_label(const embq_serial *s, uint32_t index)
{
    const char *label = embq_label(s->model, index);
    put(s, "m-label-[");
    for (size_t i = 0; (label != NULL) && (label[i] != '\0'); i++) {
        const char shown = (((uint8_t)label[i]) < 0x20u) ? '?' : label[i];
        s->put(s->context, &shown, 1u);
    }
    put(s, "]\r\n");
}

static void put_time(const embq_serial *s)
{
    put_line(s, "m-lap-us-", (s->microseconds == NULL) ? 0u : s->microseconds(s->context), "\r\n");
}

/* ---- Words of a command ------------------------------------------------------------------------------------------ */

/* The word at *at, after which *at goes on; an empty one at the end. */
static const char *next_word(embq_serial *s, uint32_t *at)
{
    while (s->command[*at] == ' ') (*at)++;
    const char *word = &s->command[*at];
    while ((s->command[*at] != '\0') && (s->command[*at] != ' ')) (*at)++;
    if (s->command[*at] == ' ') {
        s->command[*at] = '\0';
        (*at)++;
    }
    return word;
}

static int is_word(const char *word, const char *other)
{
    size_t i = 0;
    while ((word[i] == other[i]) && (word[i] != '\0')) i++;
    return word[i] == other[i];
}

/* A decimal number of at most nine digits; 0 for another word. */
static int read_number(const char *word, uint32_t *number)
{
    size_t i = 0;
    *number = 0;
    while ((word[i] >= '0') && (word[i] <= '9') && (i < 9u)) {
        *number = (*number * 10u) + (uint32_t)(uint8_t)(word[i] - '0');
        i++;
    }
    return (i > 0u) && (word[i] == '\0');
}

/* The value of a hexadecimal digit; 16 for another byte. */
static uint8_t digit_of(char c)
{
    static const char large_digits[] = "0123456789ABCDEF";
    uint8_t value = 0;
    while ((value < 16u) && (c != small_digits[value]) && (c != large_digits[value])) value++;
    return value;
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

static void tell_model(const embq_serial *s)
{
    put_line(s, "m-profile-[embq ", EMBQ_RUNTIME_VERSION, "]\r\nm-model-[");
    put(s, s->name);
    put(s, "-");
    for (uint32_t i = 0; i < EMBQ_SHA256_SIZE; i++) put_byte(s, s->sha256[i]);
    put(s, "]\r\n");
}

static void tell_commands(const embq_serial *s)
{
    put(s, "name, profile, timestamp, help\r\n"
           "db load N: expect a text of N bytes; db HH[HH]*: its bytes; db print: what is loaded\r\n"
           "infer N [W=10]: run the text N times after W runs to warm up\r\n"
           "results: labels and logits of the last run\r\n");
}

/* Expects a text of as many bytes as the word says. */
static void expect_text(embq_serial *s, const char *word)
{
    uint32_t size = 0;
    if (read_number(word, &size) == 0) {
        put(s, "e-[db load needs the number of bytes]\r\n");
    } else if (size > s->text_size) {
        put_line(s, "e-[db load takes at most ", (uint32_t)s->text_size, " bytes]\r\n");
    } else {
        s->expected = size;
        s->loaded = 0;
        s->has_results = 0;
        put_line(s, "m-[Expecting ", size, " bytes]\r\n");
        if (size == 0u) put(s, "m-load-done\r\n");
    }
}

/* Takes bytes of the text; those after its end are ignored. */
static void load_text(embq_serial *s, const char *word)
{
    if (s->loaded >= s->expected) {
        put(s, "e-[No bytes are expected: db load N comes first]\r\n");
        return;
    }
    for (size_t i = 0; (word[i] != '\0') && (s->loaded < s->expected); i += 2u) {
        const uint8_t high = digit_of(word[i]), low = digit_of(word[i + 1u]);
        if ((high > 15u) || (low > 15u)) {
            put(s, "e-[Bytes are two hexadecimal digits each]\r\n");
            return;
        }
        s->text[s->loaded] = (char)(uint8_t)((uint32_t)high << 4 | low);
        s->loaded++;
    }
    if (s->loaded == s->expected) put(s, "m-load-done\r\n");
}

static void print_text(const embq_serial *s)
{
    for (size_t i = 0; i < s->loaded; i++) {
        put(s, ((i % 8u) == 0u) ? "m-buffer-" : "-");
        put_byte(s, (uint8_t)s->text[i]);
        if (((i % 8u) == 7u) || (i + 1u == s->loaded)) put(s, "\r\n");
    }
}

static void use_buffer(embq_serial *s, uint32_t *at)
{
    const char *word = next_word(s, at);
    if (word[0] == '\0') {
        put(s, "e-[db needs load, print or bytes]\r\n");
    } else if (is_word(word, "load") != 0) {
        expect_text(s, next_word(s, at));
    } else if (is_word(word, "print") != 0) {
        print_text(s);
    } else {
        load_text(s, word);
    }
}

static void tell_results(const embq_serial *s)
{
    if (s->has_results == 0) {
        put(s, "e-[There are no results: infer comes first]\r\n");
        return;
    }
    const uint32_t count = embq_output_count(s->model);
    const embq_task task = embq_task_of(s->model);
    if (task == EMBQ_TASK_LABELS) put_label(s, embq_best(s->logits, count));
    for (uint32_t i = 0; (task == EMBQ_TASK_MULTI_LABEL) && (i < count); i++)
        if (s->logits[i] > 0) put_label(s, i);
    for (uint32_t i = 0; i < count; i++) {
        put(s, (i == 0u) ? "m-results-[" : ",");
        put_logit(s, s->logits[i]);
    }
    put(s, "]\r\n");
}

/* Runs the text `count` times; 1 if all runs succeeded. */
static int run(embq_serial *s, uint32_t count)
{
    embq_status status = EMBQ_OK;
    for (uint32_t i = 0; (i < count) && (status == EMBQ_OK); i++)
        status = embq_run_text(s->model, s->text, s->loaded, s->arena, s->arena_size, s->logits);
    if (status == EMBQ_OK) return 1;
    put_line(s, "e-[Status ", (uint32_t)status, ": ");
    put(s, embq_status_text(status));
    put(s, "]\r\n");
    return 0;
}

static void infer(embq_serial *s, uint32_t *at)
{
    uint32_t count = 1, warmups = 10;
    const char *word = next_word(s, at);
    if ((word[0] != '\0') && ((read_number(word, &count) == 0) || (count == 0u))) {
        put(s, "e-[infer needs a number of runs above 0]\r\n");
        return;
    }
    word = next_word(s, at);
    if ((word[0] != '\0') && (read_number(word, &warmups) == 0)) {
        put(s, "e-[infer needs a number of runs to warm up]\r\n");
        return;
    }
    if (s->loaded < s->expected) {
        put_line(s, "e-[The text has ", (uint32_t)s->loaded, " of ");
        put_line(s, "", (uint32_t)s->expected, " bytes]\r\n");
        return;
    }
    s->has_results = 0;
    put_line(s, "m-warmup-start-", warmups, "\r\n");
    if (run(s, warmups) == 0) return;
    put(s, "m-warmup-done\r\n");
    put_line(s, "m-infer-start-", count, "\r\n");
    put_time(s);
    if (run(s, count) == 0) return;
    put_time(s);
    put(s, "m-infer-done\r\n");
    s->has_results = 1;
    tell_results(s);
}

static void execute(embq_serial *s)
{
    uint32_t at = 0;
    const char *word = next_word(s, &at);
    if (is_word(word, "name") != 0) {
        put(s, "m-name-dut-[embq]\r\n");
    } else if (is_word(word, "timestamp") != 0) {
        put_time(s);
    } else if (is_word(word, "profile") != 0) {
        tell_model(s);
    } else if (is_word(word, "help") != 0) {
        tell_commands(s);
    } else if (is_word(word, "db") != 0) {
        use_buffer(s, &at);
    } else if (is_word(word, "infer") != 0) {
        infer(s, &at);
    } else if (is_word(word, "results") != 0) {
        tell_results(s);
    } else {
        put(s, "e-[Unknown command: ");
        put(s, word);
        put(s, "]\r\n");
    }
}

void embq_serial_begin(embq_serial *serial)
{
    put(serial, "m-timestamp-mode-performance\r\n");
    put_time(serial);
    put(serial, "m-init-done\r\nm-ready\r\n");
}

void embq_serial_take(embq_serial *serial, char byte)
{
    if (byte != '%') {
        /* Line ends are a terminal's. A length above the limit says that the command is too long. */
        if ((((uint8_t)byte) >= 0x20u) && (serial->length <= EMBQ_SERIAL_COMMAND_SIZE)) {
            serial->command[serial->length] = byte;
            serial->length++;
        }
        return;
    }
    if (serial->length > EMBQ_SERIAL_COMMAND_SIZE) {
        put(serial, "e-[A command has at most 80 bytes]\r\n");
    } else {
        serial->command[serial->length] = '\0';
        execute(serial);
    }
    serial->length = 0;
    put(serial, "m-ready\r\n");
}
