// Written by Tests/device/code.py: do not edit. arm-none-eabi-gcc 12.2.1, Cortex-M4, -Os.
extension RuntimeCode {
    /// Bytes of `embq_model` where addresses have 32 bits.
    package static let modelSize = 192

    /// A section in each line: its bytes, and the sections that it needs, by their lines.
    static let sections = """
        32
        216 2 52 53 54 55
        8
        20
        56 56
        44 56
        12 57 58
        12 59 60
        12 61 62
        12 63 64
        12 65 66
        12 67 68
        12 69 70
        12 71 72
        12 73 74
        12 75 76
        12 77 78
        12 79 80
        12 81 82
        12 83 84
        12 85 86
        12 87 88
        12 89 90
        12 91 92
        12 93 94
        12 95 96
        12 97 98
        12 99 100
        12 101 102
        12 103 104
        12 105 106
        12 107 108
        12 109 110
        12 111 112
        68 113 114 115
        32 54 116
        24 117 118
        16 119 120
        16 121 122
        16 123 124
        16 125 126
        16 127 128
        16 129 130
        16 131 132
        68 133
        16 134 135 136
        20 137 138 139 140 141
        16 134 135 142
        20 143 144 145 146 147
        20 143 144 145
        16 148 149 150
        16 151 152 153
        76 154
        120 155 156
        24 113
        80 157 158
        1020 159 160 161
        108 162
        168 163 164 165 166 167 168
        464 169 170 171 172 173 174
        244 166 167 175 176 177 178
        144 164 165 166 167
        620 179 180
        200 167 175 176 181
        176 182
        424
        220 164 165 166 167
        100 183
        64 184 185
        260
        88 166 167
        96 166 167
        152 186 187
        64 174
        76 166 167 181
        68 188
        116 167 168 176 189
        380 190
        160 167 184 191
        140 166 167 178
        516 173 192 193
        76 166
        180 186
        148 183 194
        88 185 195
        96 166 167 181 196
        228 196 197
        80 194 198
        56 195 199
        104 166 200
        448 186
        104 167 200
        740 186 201 202
        92 203
        96 164 165 166 167
        120 173 188 193 204
        76 166 167
        276 166 167 191 200
        1176
        264 166 177 189 205 206
        208 188
        56 198
        36 184 199
        140 0
        56 166
        196 186 192 202
        48 166
        48 166 167
        232 186 192 202
        452 169 170 171 207 208
        284 166 167 175 176 177
        480 209
        180 164 165 166 167 181
        152 210
        300 156 211 212 213
        56
        92 53 55
        15
        64 214
        192 215
        500 216 217 218 219
        196 44 215 220
        756 218 219 221 222 223 224
        20 223
        4 220
        24 44
        52 218
        80 44 133
        332 133 218
        52 44
        300 218 225
        300 218 225
        28
        172
        64
        228 226
        308 227
        440 226 228
        468 133 138 229 230 231 232
        80 133 229 231
        80
        120
        216 136 227 233 234 235 236
        68 237 238
        1688 133 229 230 237 238 239 240 241 242 243 244 245 246 247 248
        592 215 249
        72 250 251
        1812 133 229 230 248 250 251 252 253 254 255 256 257 258 259 260 261 262 263 264 265
        200 266
        188 267 268
        100 269
        124 270 271 272
        48 267
        48 269
        88 273
        312 154 210 273
        84 52
        56 52
        212 274 275
        712
        52 276
        1008 226 277
        124 278
        88
        24 191
        32 279
        72
        92
        40
        76
        20
        196
        152 280
        92 281
        480 282 283 284
        32
        80 205
        40
        80
        44
        200 285
        36
        196 286 287
        444 174 180 288
        80 181
        316 164 165 167 178 181 184 191 289
        12
        136
        12
        48
        12
        32 279
        28
        148
        196 290
        184 163 165 181 290
        36
        440 291
        668 173 192 193 288 289
        232 165 166 167 178 184 289
        36 175
        36
        148 201
        92 292
        136
        68
        84 205
        140
        268 193
        204 293
        112
        8
        28 294
        1084 133 229 230 295 296 297 298
        635
        104
        228
        48
        128
        28 299
        340 44 215
        52
        32
        364 218 219 224
        20
        36 219
        28
        80 299
        44
        28 299
        120
        64 133
        24 229
        72
        252 227 235 300
        56
        96 301 302
        44
        156
        168 247
        84 133 225
        40 303
        12 241
        56 133 225
        380 239 240 243 304
        3
        112
        300 133 305
        160 306
        184
        44
        172
        296 227 233 234 235 236 307
        52 133 308 309
        44 133 309
        284 133 308 309 310
        92 133 255
        40 256
        336 133 311
        184 258
        348 253 254 259 308 312
        3
        116
        68
        356 266
        184 270 271 272
        552 270 271 272 313
        284 226 314
        4
        68 314
        68 315
        8
        32 316
        3
        556 133 229 230 317 318 319 320
        36
        64
        4
        168
        116
        96
        136
        100
        248
        256
        184
        124
        132
        68 190
        28
        48
        20 321 322 323 324 325
        140
        92
        144 53 156
        116 326
        28
        108
        92 265 297 307
        32
        64 301 302
        60
        56
        32 319
        40 133 229
        248 133
        96 327 328
        396 227
        36
        28 225
        48 297
        312 133
        40 133 229
        284
        4
        180 314 316
        64 314
        116 329
        68
        80
        76 319
        492
        268
        184
        156
        128
        196 296 298
        76 133
        296 327 330
        160 320
        80 225
        """

    /// What firmware can refer to: a symbol and its section in each line.
    static let symbols = """
        embq_best 0
        embq_check 1
        embq_check_count 2
        embq_label 3
        embq_open_sections 4
        embq_open_with 5
        embq_operation_activate 6
        embq_operation_attend 7
        embq_operation_combine 8
        embq_operation_convolve 9
        embq_operation_curve 10
        embq_operation_embed 11
        embq_operation_gate 12
        embq_operation_join 13
        embq_operation_linear 14
        embq_operation_load 15
        embq_operation_look_up 16
        embq_operation_norm 17
        embq_operation_output 18
        embq_operation_packed_embed 19
        embq_operation_packed_linear 20
        embq_operation_packed_table_norm 21
        embq_operation_pool 22
        embq_operation_pooled 23
        embq_operation_requantize 24
        embq_operation_rescale 25
        embq_operation_scan 26
        embq_operation_store 27
        embq_operation_table_norm 28
        embq_operation_tag 29
        embq_operation_unit 30
        embq_operation_unit_row 31
        embq_operation_wide_attend 32
        embq_operation_wide_linear 33
        embq_run_tags 34
        embq_run_text 35
        embq_status_text 36
        embq_text_canonical 37
        embq_text_charsmap 38
        embq_text_map 39
        embq_text_prepend 40
        embq_text_replace 41
        embq_text_squeeze 42
        embq_text_strip 43
        embq_text_words 44
        embq_tokenizer_bpe 45
        embq_tokenizer_conditions 46
        embq_tokenizer_merges 47
        embq_tokenizer_places 48
        embq_tokenizer_steps 49
        embq_tokenizer_unigram 50
        embq_tokenizer_wordpiece 51
        """
}
