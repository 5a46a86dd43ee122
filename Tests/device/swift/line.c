#include "Board/line.h"

uint8_t *firmware_line(void)
{
    static uint8_t line[4096];
    return line;
}
