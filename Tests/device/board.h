/* What firmware.c needs from the machine that it runs on. Each board's file also holds its start. */
#ifndef EMBQ_BOARD_H
#define EMBQ_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* The next byte that was typed; waits for it. -1 when there will be none. */
int board_read(void);

void board_write(const char *text, size_t length);

/* Ends the emulation; 0 is success. */
_Noreturn void board_exit(int status);

/* Makes the serial port ready: called by the start of a Cortex-M. */
void board_open_port(void);

/* The stack's lowest byte that may be used. */
uint8_t *board_stack_limit(void);

/* The firmware: called once, with memory set up. */
int main(void);

#endif
