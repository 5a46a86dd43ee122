/* FreeRTOS's types: the example uses none. */
