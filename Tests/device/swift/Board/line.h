/* What firmware.swift needs beside board.h: memory for a text. */
#ifndef FIRMWARE_LINE_H
#define FIRMWARE_LINE_H

#include <stdint.h>

/* 4096 bytes. */
uint8_t *firmware_line(void);

#endif
