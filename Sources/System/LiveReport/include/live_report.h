/* What a report carries to run its model: the runtime as a WebAssembly module, and the script that calls it. */
#ifndef LIVE_REPORT_H
#define LIVE_REPORT_H

#include <stddef.h>

typedef struct live_file {
    const unsigned char *bytes;
    size_t size;
} live_file;

live_file live_module(void);
live_file live_script(void);

#endif
