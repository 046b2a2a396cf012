/** The quick build's way in: see Quick.ts. */
import "./main.ts"
