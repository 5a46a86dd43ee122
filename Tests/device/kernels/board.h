/* What the programs here need of a board: text to the emulator's terminal. The startup code calls main() and ends the
 * emulator with its result. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void print(const char *text);
void print_number(int32_t number);

/* Executed instructions are counted from the one call to the other (icount.c). */
void count_begin(void);
void count_end(void);

#endif
