/* The runtime's source files as bytes, so that the embq command can write them wherever it runs. */
#ifndef RUNTIME_SOURCES_H
#define RUNTIME_SOURCES_H

#include <stddef.h>

typedef struct runtime_source {
    const char *name;
    const unsigned char *bytes;
    size_t size;
} runtime_source;

size_t runtime_source_count(void);

/* The file at `index`, which is below runtime_source_count(). */
runtime_source runtime_source_at(size_t index);

/* The licence of these files. */
runtime_source runtime_license(void);

/* The table of parts that --board names: Schemas/boards.json. */
runtime_source board_table(void);

#endif
