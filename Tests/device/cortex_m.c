/* Every Cortex-M: start, faults, and an end by semihosting. Serial ports are in cmsdk.c and nrf51.c. */
#include "board.h"

extern uint32_t board_stack_low, board_stack_top, board_data_load, board_data, board_data_end, board_bss, board_bss_end;

void board_reset(void);
static void fault(void);

/* The first entries of the vector table, of which Armv6-M has some; peripherals' interrupts stay off. */
typedef union vector {
    uint32_t *stack;
    void (*handler)(void);
} vector;
/* clang-format off */
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = &board_stack_top}, {.handler = board_reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault}, {.handler = fault}, {.handler = fault}, {.handler = fault},
    {0}, {0}, {0}, {.handler = fault},
    {.handler = fault}, {0}, {.handler = fault}, {.handler = fault}};
/* clang-format on */

_Noreturn void board_exit(int status)
{
    /* SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit: the emulator ends with this status. */
    const uint32_t reason[2] = {0x20026, (uint32_t)status};
    register uint32_t operation __asm__("r0") = 0x20;
    register const uint32_t *argument __asm__("r1") = reason;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {}
}

uint8_t *board_stack_limit(void) { return (uint8_t *)&board_stack_low; }

static void fault(void)
{
    board_write("# fault\n", 8);
    board_exit(99);
}

void board_reset(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: the unit for floats, which holds Helium's vectors */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const uint32_t *from = &board_data_load;
    for (uint32_t *to = &board_data; to < &board_data_end; to++) *to = *from++;
    for (uint32_t *to = &board_bss; to < &board_bss_end; to++) *to = 0;
    board_open_port();
    board_exit(main());
}
