/* Zephyr's kernel: the example calls nothing of it. */
