/* A plugin for QEMU 7.2 (plugin interface 1): how many instructions a guest executes, in all and in each function,
 * between its calls of count_begin() and count_end(). The declarations are the interface's own, so no QEMU header is
 * needed.
 *
 *   qemu-system-arm ... -plugin file=libicount.so,symbols=FILE,out=FILE
 *
 * symbols is the output of `nm -S`. out gets, for the n-th pair of calls, the line "region n total" and a line
 * "function count" for each function that was at work, the busiest first. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS = 0, INLINE_ADD = 0 };

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);

typedef struct function {
    char name[96];
    uint64_t low, high;
    uint64_t count, before;
} function;

static function functions[4096];
static size_t function_count;
static uint64_t total, total_before;
static unsigned region;
static FILE *out;

static function *function_at(uint64_t address)
{
    for (size_t i = 0; i < function_count; i++)
        if (address >= functions[i].low && address < functions[i].high) return &functions[i];
    return NULL;
}

static void begin(unsigned cpu, void *data)
{
    (void)cpu, (void)data;
    total_before = total;
    for (size_t i = 0; i < function_count; i++) functions[i].before = functions[i].count;
}

static int busier(const void *a, const void *b)
{
    const function *x = *(function *const *)a, *y = *(function *const *)b;
    const uint64_t p = x->count - x->before, q = y->count - y->before;
    return p < q ? 1 : p > q ? -1 : strcmp(x->name, y->name);
}

static void end(unsigned cpu, void *data)
{
    (void)cpu, (void)data;
    static function *order[4096];
    for (size_t i = 0; i < function_count; i++) order[i] = &functions[i];
    qsort(order, function_count, sizeof *order, busier);
    fprintf(out, "region %u %llu\n", region++, (unsigned long long)(total - total_before));
    for (size_t i = 0; i < function_count && order[i]->count > order[i]->before; i++)
        fprintf(out, "%s %llu\n", order[i]->name, (unsigned long long)(order[i]->count - order[i]->before));
    fflush(out);
}

static void translate(plugin_id id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0, n = qemu_plugin_tb_n_insns(block); i < n; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);
        function *f = function_at(address);
        if (f != NULL && address == f->low && strcmp(f->name, "count_begin") == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, NO_REGISTERS, NULL);
        if (f != NULL && address == f->low && strcmp(f->name, "count_end") == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, NO_REGISTERS, NULL);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &total, 1);
        if (f != NULL) qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &f->count, 1);
    }
}

static bool read_symbols(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512], kind;
    unsigned long long address, size;
    if (file == NULL) return false;
    while (fgets(line, sizeof line, file) != NULL && function_count < 4096) {
        function *f = &functions[function_count];
        if (sscanf(line, "%llx %llx %c %95s", &address, &size, &kind, f->name) != 4) continue;
        if (strchr("tTwW", kind) == NULL) continue;
        f->low = address & ~1ull; /* bit 0 says Thumb */
        f->high = f->low + size;
        function_count++;
    }
    fclose(file);
    return function_count > 0;
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int count,
                                                               char **arguments)
{
    (void)info;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "symbols=", 8) == 0) {
            if (!read_symbols(arguments[i] + 8)) return -1;
        } else if (strncmp(arguments[i], "out=", 4) == 0) {
            out = fopen(arguments[i] + 4, "w");
        } else {
            return -1;
        }
    }
    if (out == NULL || function_count == 0) return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
