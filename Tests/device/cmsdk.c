/* The serial port of Arm's MPS2 and MPS3 boards, "CMSDK APB UART". BOARD_UART is its address. */
#include "board.h"

/* A word each. */
static volatile uint32_t *const uart = (volatile uint32_t *)BOARD_UART;
enum { UART_DATA = 0, UART_STATE = 1, UART_CONTROL = 2, UART_DIVIDER = 4 };
enum { UART_SEND_FULL = 1, UART_RECEIVE_FULL = 2 };

void board_open_port(void)
{
    uart[UART_DIVIDER] = 16;
    uart[UART_CONTROL] = 3; /* send and receive */
}

int board_read(void)
{
    while ((uart[UART_STATE] & UART_RECEIVE_FULL) == 0) {}
    return (int)(uart[UART_DATA] & 0xFFu);
}

void board_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        while ((uart[UART_STATE] & UART_SEND_FULL) != 0) {}
        uart[UART_DATA] = (uint8_t)text[i];
    }
}
