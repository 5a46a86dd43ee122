extern int embq_placeholder;
