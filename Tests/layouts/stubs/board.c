/* A computer as a board: its serial port is standard input and output. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

int board_read(void) { return getchar(); }

void board_write(const char *text, size_t length) { (void)fwrite(text, 1, length, stdout); }

_Noreturn void board_exit(int status) { exit(status); }
