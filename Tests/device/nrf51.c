/* The serial port of Nordic's nRF51, which a BBC micro:bit has.
 *
 * Source: nRF51 Series Reference Manual 3.0, chapter 29. */
#include "board.h"

/* Offsets in words. */
static volatile uint32_t *const uart = (volatile uint32_t *)0x40002000u;
enum {
    UART_START_RECEIVING = 0x000 / 4,
    UART_START_SENDING = 0x008 / 4,
    UART_RECEIVED = 0x108 / 4,
    UART_SENT = 0x11C / 4,
    UART_ENABLE = 0x500 / 4,
    UART_RECEIVE = 0x518 / 4,
    UART_SEND = 0x51C / 4
};

void board_open_port(void)
{
    uart[UART_ENABLE] = 4;
    uart[UART_START_RECEIVING] = 1;
    uart[UART_START_SENDING] = 1;
}

int board_read(void)
{
    while (uart[UART_RECEIVED] == 0) {}
    uart[UART_RECEIVED] = 0;
    return (int)(uart[UART_RECEIVE] & 0xFFu);
}

void board_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uart[UART_SENT] = 0;
        uart[UART_SEND] = (uint8_t)text[i];
        while (uart[UART_SENT] == 0) {}
    }
}
