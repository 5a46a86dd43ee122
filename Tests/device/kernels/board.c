/* Startup and terminal for a Cortex-M of QEMU, without a vendor's code or a C library: vectors, FPU and MVE on, .data
 * and .bss, semihosting. */
#include "board.h"

#include <stddef.h>

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;
int main(void);
void reset(void);

enum { WRITE_TEXT = 0x04, EXIT = 0x20, APPLICATION_EXIT = 0x20026, FAULT = 99 };

static void ask_host(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

_Noreturn static void finish(uint32_t result)
{
    const uint32_t words[2] = {APPLICATION_EXIT, result};
    ask_host(EXIT, words);
    for (;;) {}
}

static void fault(void)
{
    print("fault\n");
    finish(FAULT);
}

#define HANDLER(function) (const void *)(uintptr_t)(function)

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top,     HANDLER(reset), HANDLER(fault), HANDLER(fault), HANDLER(fault), HANDLER(fault),
    HANDLER(fault), HANDLER(fault), NULL,           NULL,           NULL,           HANDLER(fault),
    HANDLER(fault), NULL,           HANDLER(fault), HANDLER(fault),
};

void reset(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* CPACR: coprocessors 10 and 11 */
    __asm__ volatile("dsb\n isb" ::: "memory");
#endif
    const uint32_t *from = &data_load;
    for (uint32_t *to = &data_start; to < &data_end;) *to++ = *from++;
    for (uint32_t *to = &bss_start; to < &bss_end;) *to++ = 0;
    finish((uint32_t)main());
}

void print(const char *text) { ask_host(WRITE_TEXT, text); }

void print_number(int32_t number)
{
    char text[12], *at = text + sizeof text;
    uint32_t rest = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    *--at = 0;
    do *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0) *--at = '-';
    print(at);
}

__attribute__((noinline)) void count_begin(void) { __asm__ volatile("nop" ::: "memory"); }
__attribute__((noinline)) void count_end(void) { __asm__ volatile("nop" ::: "memory"); }
