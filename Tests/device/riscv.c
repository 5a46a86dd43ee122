/* QEMU's RISC-V "virt": start, traps, the 16550 serial port, and an end by its test device. */
#include "board.h"

extern uint32_t board_stack_low, board_data_load, board_data, board_data_end, board_bss, board_bss_end;

_Noreturn void board_start(void);
void board_trap(void);

__attribute__((naked, used, section(".vectors"))) void board_reset(void)
{
    __asm__ volatile(".option arch, +zicsr\n\t"
                     "la sp, board_stack_top\n\t"
                     "la t0, board_trap\n\t"
                     "csrw mtvec, t0\n\t"
                     "j board_start");
}

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000u;
enum { UART_DATA = 0, UART_STATE = 5, UART_RECEIVED = 1, UART_SEND_EMPTY = 0x20 };

int board_read(void)
{
    while ((uart[UART_STATE] & UART_RECEIVED) == 0) {}
    return uart[UART_DATA];
}

void board_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        while ((uart[UART_STATE] & UART_SEND_EMPTY) == 0) {}
        uart[UART_DATA] = (uint8_t)text[i];
    }
}

_Noreturn void board_exit(int status)
{
    *(volatile uint32_t *)0x100000u = status == 0 ? 0x5555u : (uint32_t)status << 16 | 0x3333u;
    for (;;) {}
}

uint8_t *board_stack_limit(void) { return (uint8_t *)&board_stack_low; }

__attribute__((aligned(4))) void board_trap(void)
{
    board_write("# fault\n", 8);
    board_exit(99);
}

_Noreturn void board_start(void)
{
    const uint32_t *from = &board_data_load;
    for (uint32_t *to = &board_data; to < &board_data_end; to++) *to = *from++;
    for (uint32_t *to = &board_bss; to < &board_bss_end; to++) *to = 0;
    board_exit(main());
}
