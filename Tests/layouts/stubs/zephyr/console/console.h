/* Zephyr's console on a computer: lines of standard input, until it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void console_getline_init(void) {}

static char *console_getline(void)
{
    static char line[256];
    if (fgets(line, sizeof line, stdin) == NULL) exit(0);
    line[strcspn(line, "\n")] = 0;
    return line;
}
