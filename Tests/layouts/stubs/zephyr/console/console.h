/* Zephyr's console on a computer: lines or characters of standard input, until it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void console_getline_init(void) {}

static inline char *console_getline(void)
{
    static char line[256];
    if (fgets(line, sizeof line, stdin) == NULL) exit(0);
    line[strcspn(line, "\n")] = 0;
    return line;
}

static inline int console_init(void) { return 0; }

static inline int console_getchar(void)
{
    const int c = getchar();
    if (c == EOF) exit(0);
    return c;
}
