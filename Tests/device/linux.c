/* A Linux process without a C library, for QEMU's user mode: AArch64, and Arm of either byte order. */
#include "board.h"

_Noreturn void board_start(void);

__attribute__((naked, used)) void _start(void);
void _start(void) { __asm__ volatile("b board_start"); }

#if defined(__aarch64__)
enum { CALL_READ = 63, CALL_WRITE = 64, CALL_EXIT = 93 };

static intptr_t call(intptr_t number, intptr_t a, intptr_t b, intptr_t c)
{
    register intptr_t x8 __asm__("x8") = number;
    register intptr_t x0 __asm__("x0") = a;
    register intptr_t x1 __asm__("x1") = b;
    register intptr_t x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#else
enum { CALL_READ = 3, CALL_WRITE = 4, CALL_EXIT = 1 };

static intptr_t call(intptr_t number, intptr_t a, intptr_t b, intptr_t c)
{
    register intptr_t r7 __asm__("r7") = number;
    register intptr_t r0 __asm__("r0") = a;
    register intptr_t r1 __asm__("r1") = b;
    register intptr_t r2 __asm__("r2") = c;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}
#endif

int board_read(void)
{
    static uint8_t buffer[4096];
    static intptr_t filled, taken;
    if (taken == filled) {
        filled = call(CALL_READ, 0, (intptr_t)buffer, sizeof buffer);
        taken = 0;
        if (filled <= 0) return -1;
    }
    return buffer[taken++];
}

void board_write(const char *text, size_t length)
{
    while (length > 0) {
        const intptr_t written = call(CALL_WRITE, 1, (intptr_t)text, (intptr_t)length);
        if (written <= 0) board_exit(98);
        text += written;
        length -= (size_t)written;
    }
}

_Noreturn void board_exit(int status)
{
    for (;;) (void)call(CALL_EXIT, status, 0, 0);
}

/* The process has far more; this is what the firmware paints. */
uint8_t *board_stack_limit(void) { return (uint8_t *)__builtin_frame_address(0) - 16384; }

_Noreturn void board_start(void) { board_exit(main()); }
