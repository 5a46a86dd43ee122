/* The valid artifacts that targets start from: EMBQ_FUZZ_ARTIFACTS, separated by colons. */
#ifndef EMBQ_FUZZ_BASES_H
#define EMBQ_FUZZ_BASES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASES = 16 };

static struct base {
    uint8_t *bytes;
    size_t size;
} bases[BASES];
static uint32_t base_count;

static void read_bases(void)
{
    char *paths = getenv("EMBQ_FUZZ_ARTIFACTS");
    for (char *path = paths == NULL ? NULL : strtok(paths, ":"); path != NULL; path = strtok(NULL, ":")) {
        FILE *file = fopen(path, "rb");
        if (file == NULL || base_count == BASES) break;
        struct base *base = &bases[base_count++];
        base->bytes = malloc(1 << 20);
        base->size = fread(base->bytes, 1, 1 << 20, file);
        fclose(file);
    }
    if (base_count > 0) return;
    fprintf(stderr, "EMBQ_FUZZ_ARTIFACTS must name valid artifacts\n");
    exit(1);
}

#endif
